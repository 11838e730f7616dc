using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Revising;

namespace HybridGen.Steering;

/// <summary>A change that is proposed, with the text around it.</summary>
/// <param name="Text">The whole text as it stands now.</param>
/// <param name="Span">Where the change lies in it.</param>
/// <param name="After">What would stand there.</param>
/// <param name="Kind">Where the new text came from.</param>
public readonly record struct ProposedChange(string Text, TextSpan Span, string After, EditKind Kind)
{
    /// <summary>What stands there now.</summary>
    public string Before => Span.Of(Text).ToString();

    /// <summary>The text with the change.</summary>
    public string Changed => string.Concat(Text.AsSpan(0, Span.Start), After, Text.AsSpan(Span.End));
}

/// <summary>A word of a step's canvas.</summary>
/// <param name="Span">Where it lies in <see cref="RevisionStep.Text"/>.</param>
/// <param name="Text">The word.</param>
/// <param name="LogProbability">The refiner's, in nats; <see langword="null"/> where it was not asked.</param>
/// <param name="Suspicion">How much more probable the best other word is, in nats.</param>
/// <param name="IsRemasked">Whether this step remasked it.</param>
/// <param name="IsProtected">Whether it must stay.</param>
public readonly record struct StepWord(TextSpan Span, string Text, float? LogProbability, float Suspicion, bool IsRemasked, bool IsProtected);

/// <summary>One denoising step over some windows, before its changes are made: look, and steer.</summary>
/// <remarks>Whatever is not steered is accepted. All places are those of <see cref="Text"/>; edits' too.</remarks>
public sealed class RevisionStep
{
    private readonly List<Edit> _edits;

    internal RevisionStep(string text, EditPolicy policy, int pass, IReadOnlyList<StepWord> words, IEnumerable<Edit> edits)
    {
        (Text, Policy, Pass, Words) = (text, policy, pass, words);
        _edits = [.. edits];
    }

    /// <summary>The whole text as it stands now.</summary>
    public string Text { get; }

    /// <summary>The policy at work.</summary>
    public EditPolicy Policy { get; }

    /// <summary>Its pass, from 1.</summary>
    public int Pass { get; }

    /// <summary>The canvas: the words of the windows of this step, with their confidences.</summary>
    public IReadOnlyList<StepWord> Words { get; }

    /// <summary>The changes that will be made.</summary>
    public IReadOnlyList<Edit> Edits => _edits;

    /// <summary>Whether <see cref="Stop"/> was called.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Places that another pass must look at, whatever their scores.</summary>
    internal HashSet<int> Remasked { get; } = [];

    /// <summary>Drops a change; it is not proposed again.</summary>
    /// <exception cref="ArgumentException">The edit is not one of this step.</exception>
    public void Reject(Edit edit) => _edits.RemoveAt(IndexOf(edit));

    /// <summary>Makes another change in place of a proposed one.</summary>
    /// <exception cref="ArgumentException">The edit is not one of this step, or the text breaks a line.</exception>
    public void Replace(Edit edit, string after)
    {
        ArgumentNullException.ThrowIfNull(after);
        if (after.AsSpan().IndexOfAny('\r', '\n') >= 0) throw new ArgumentException("A replacement must not break the line.", nameof(after));
        var place = IndexOf(edit);
        _edits[place] = edit with { After = after, Kind = EditKind.Caller };
        if (after == edit.Before) _edits.RemoveAt(place);
    }

    /// <summary>Has the next pass of the policy remask a word whatever its score, where there is a next pass.</summary>
    public void Remask(StepWord word)
    {
        if (!word.IsProtected) Remasked.Add(word.Span.Start);
    }

    /// <summary>Ends the revision after this step, with its changes made.</summary>
    public void Stop() => IsStopped = true;

    private int IndexOf(Edit edit) => _edits.IndexOf(edit) is >= 0 and var place ? place : throw new ArgumentException("This edit is not one of the step's.", nameof(edit));
}
