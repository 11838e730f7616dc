using System.Runtime.CompilerServices;
using HybridGen.Drafting;

namespace HybridGen.Denoising;

/// <summary>A part of a text that is written anew from what stands around it.</summary>
/// <param name="Span">The part; of length 0 to insert.</param>
/// <param name="Tokens">Tokens to write; <see langword="null"/> lets the model find how many.</param>
public readonly record struct Gap(TextSpan Span, int? Tokens = null);

/// <summary>How gaps are filled.</summary>
public sealed record InfillOptions
{
    /// <summary>How masked places are written; ends of text are always forbidden.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Fewest tokens of a gap whose length is free.</summary>
    /// <value>1 or more; default 1.</value>
    public int MinTokens { get; init => field = AtLeastOne(value); } = 1;

    /// <summary>Most tokens of a gap whose length is free.</summary>
    /// <value>1 or more; default 16.</value>
    public int MaxTokens { get; init => field = AtLeastOne(value); } = 16;

    /// <summary>
    /// How many lengths are written out, after one pass has shown which look best; the text with the best mean log-probability is kept.
    /// </summary>
    /// <value>1 or more; default 3.</value>
    public int LengthsWritten { get; init => field = AtLeastOne(value); } = 3;

    private static int AtLeastOne(int value, [CallerMemberName] string name = "") => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 1 or more.");
}

/// <summary>A text whose gaps are filled; outside of them it is the given one, character by character.</summary>
/// <param name="Text">The whole text.</param>
/// <param name="Gaps">The gaps in the order of the text.</param>
/// <param name="Reason"><see cref="SamplingEnd.Filled"/>, or why the first gap that is not filled is not.</param>
/// <param name="Steps">Steps that were made.</param>
/// <param name="Forwards">Passes through the network.</param>
public sealed record InfilledText(string Text, IReadOnlyList<FilledGap> Gaps, SamplingEnd Reason, int Steps, int Forwards);

/// <summary>A filled gap.</summary>
/// <param name="Span">Where it was in the given text.</param>
/// <param name="Filled">Where its text is in the new one.</param>
/// <param name="Text">Its text.</param>
/// <param name="Tokens">Its tokens and where they came from.</param>
/// <param name="MeanLogProbability">Of its tokens when they were written, in nats.</param>
/// <param name="Reason">Why it ended.</param>
public sealed record FilledGap(TextSpan Span, TextSpan Filled, string Text, IReadOnlyList<DiffusedToken> Tokens, double MeanLogProbability, SamplingEnd Reason);
