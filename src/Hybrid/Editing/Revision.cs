using System.Text;

namespace HybridGen.Editing;

/// <summary>The outcome of a revision: applying <see cref="Edits"/> to <see cref="Input"/> gives <see cref="Output"/> exactly.</summary>
/// <param name="Input">The text as it came.</param>
/// <param name="Output">The revised text; the same string where nothing changed.</param>
/// <param name="Edits">The accepted changes in text order; their spans do not overlap.</param>
/// <param name="Words">Words that were looked at; numbers and signs do not count.</param>
/// <param name="Forwards">Windows that went through the refiner, over all passes.</param>
/// <param name="Duration">Time spent revising, loading apart.</param>
public sealed record Revision(string Input, string Output, IReadOnlyList<Edit> Edits, int Words, int Forwards, TimeSpan Duration)
{
    /// <summary>Why it ended.</summary>
    public RevisionEnding Ending { get; init; }

    /// <summary>Whether it ended before it was finished: the output is the best text so far.</summary>
    public bool IsCutShort => Ending != RevisionEnding.Finished;

    /// <summary>Tokens that the drafter decoded as second judge; 0 where it was not asked.</summary>
    public int JudgeTokens { get; init; }

    /// <summary>Returns the input with only those edits applied that <paramref name="keep"/> accepts.</summary>
    public string With(Func<Edit, bool> keep)
    {
        ArgumentNullException.ThrowIfNull(keep);
        return Apply(Input, Edits.Where(keep));
    }

    /// <summary>Applies edits to a text.</summary>
    /// <param name="input">The text that the edits' spans index.</param>
    /// <param name="edits">Edits in text order that do not overlap.</param>
    /// <exception cref="ArgumentException">The edits overlap, are out of order, or were made for another text.</exception>
    public static string Apply(string input, IEnumerable<Edit> edits)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(edits);
        var output = new StringBuilder(input.Length);
        var copied = 0;
        foreach (var edit in edits)
        {
            if (edit.Span.Start < copied || edit.Span.End > input.Length || !edit.Span.Of(input).SequenceEqual(edit.Before))
                throw new ArgumentException($"The edit at {edit.Span.Start} ('{edit.Before}' to '{edit.After}') does not fit this text, or is out of order.", nameof(edits));
            output.Append(input, copied, edit.Span.Start - copied).Append(edit.After);
            copied = edit.Span.End;
        }

        return copied == 0 && output.Length == 0 ? input : output.Append(input, copied, input.Length - copied).ToString();
    }
}
