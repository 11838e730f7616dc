using System.Runtime.CompilerServices;
using System.Text;
using HybridGen.Drafting;

namespace HybridGen.Pipelines;

/// <summary>A draft that nobody revises: what is said in it is final as soon as it is certain that it is said.</summary>
internal sealed class UnrevisedText
{
    private readonly StringBuilder _draft = new();
    private int _settled;

    /// <summary>Adds to a stream what has become final with each of its tokens.</summary>
    public static async IAsyncEnumerable<GenerationUpdate> SettledAsync(IAsyncEnumerable<GenerationUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var text = new UnrevisedText();
        await foreach (var update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (update is GenerationUpdate.Completed { Generation: var generation } && text.Rest(generation.Content) is { Length: > 0 } rest) yield return new GenerationUpdate.Settled(rest);
            yield return update;
            if (update is GenerationUpdate.Drafted { Token: var token } && text.Add(token) is { Length: > 0 } said) yield return new GenerationUpdate.Settled(said);
        }
    }

    private string Add(DraftToken token)
    {
        _draft.Append(token.Text);
        var said = string.Concat(token.Pieces.Where(piece => piece.Kind == MessagePieceKind.Content).Select(piece => _draft.ToString(piece.Span.Start, piece.Span.Length)));
        _settled += said.Length;
        return said;
    }

    /// <summary>What only the end made certain.</summary>
    private string Rest(string content) => content[_settled..];
}
