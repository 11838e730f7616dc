using System.Text;

namespace HybridGen.Drafting;

/// <summary>A finished draft.</summary>
/// <param name="Text">The text; the tokens' texts joined.</param>
/// <param name="Tokens">The tokens in order; their spans tile <paramref name="Text"/>.</param>
/// <param name="Completion">Why and when it ended.</param>
public sealed record Draft(string Text, IReadOnlyList<DraftToken> Tokens, DraftCompleted Completion)
{
    /// <summary>Whether the drafter said how probable it found each token.</summary>
    public bool HasLogProbabilities => Tokens.All(token => token.LogProbability is not null);

    /// <summary>Tokens that were written, as the drafter counts them.</summary>
    public int WrittenTokens => Completion.WrittenTokens ?? Tokens.Count;

    /// <summary>The draft as an assistant's turn: thinking, content and calls of tools apart from each other.</summary>
    public DraftedMessage Message => Completion.Message ?? DraftedMessage.Plain(Text);

    /// <summary>Natural log-probability of the whole draft in the raw distribution: the tokens' sum; <see langword="null"/> where one is not known.</summary>
    public double? LogProbability => HasLogProbabilities ? Tokens.Sum(token => (double?)token.LogProbability) : null;

    /// <summary>The draft as the stream that it came from.</summary>
    public async IAsyncEnumerable<DraftUpdate> UpdatesAsync()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var token in Tokens) yield return token;
        yield return Completion;
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <exception cref="DraftingException">The stream ended without a <see cref="DraftCompleted"/>.</exception>
    public static async Task<Draft> CollectAsync(IAsyncEnumerable<DraftUpdate> updates, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(updates);
        var tokens = new List<DraftToken>();
        await foreach (var update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (update is DraftCompleted completed) return From(tokens, completed);
            tokens.Add((DraftToken)update);
        }

        throw new DraftingException("The drafter's stream ended without saying why.");
    }

    /// <summary>Joins tokens to a draft.</summary>
    public static Draft From(IReadOnlyList<DraftToken> tokens, DraftCompleted completed)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var text = new StringBuilder();
        foreach (var token in tokens) text.Append(token.Text);
        return new Draft(text.ToString(), tokens, completed);
    }
}
