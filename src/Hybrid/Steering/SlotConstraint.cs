using System.Text.RegularExpressions;
using HybridGen.Drafting;

namespace HybridGen.Steering;

/// <summary>What may be written at a place of a text, or anywhere.</summary>
public sealed record SlotConstraint
{
    /// <summary>The place, UTF-16 indices of the input; <see langword="null"/> (default) is everywhere.</summary>
    public TextSpan? Span { get; init; }

    /// <summary>Words that may be written, compared as they are; <see langword="null"/> (default) allows all.</summary>
    public IReadOnlySet<string>? AllowedWords { get; init; }

    /// <summary>An expression that what is written must match as a whole; <see langword="null"/> (default) allows all.</summary>
    public Regex? Pattern { get; init; }

    /// <summary>Fewest UTF-16 code units.</summary>
    /// <value>0 or more; default 0.</value>
    public int MinLength
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MinLength), value, "MinLength must be 0 or more.");
    }

    /// <summary>Most UTF-16 code units.</summary>
    /// <value>0 or more; default: no limit.</value>
    public int MaxLength
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MaxLength), value, "MaxLength must be 0 or more.");
    } = int.MaxValue;

    /// <summary>Whether a text may be written at a place of the input.</summary>
    internal bool Allows(TextSpan place, string text) =>
        (Span is { } span && (place.Start >= span.End || place.End <= span.Start))
        || ((AllowedWords?.Contains(text) ?? true)
            && text.Length >= MinLength && text.Length <= MaxLength
            && (Pattern is null || Pattern.Match(text) is { Success: true, Index: 0 } match && match.Length == text.Length));
}
