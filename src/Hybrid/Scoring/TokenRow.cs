using HybridGen.Canvases;
using HybridGen.Models;

namespace HybridGen.Scoring;

/// <summary>A canvas as a plain denoiser sees it: the tokens of its words between the tokens that open and close a text.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Starts">The first position of each word, and one more: where the last ends.</param>
internal sealed record TokenRow(int[] Ids, int[] Starts)
{
    /// <summary>The row of a canvas, its words as they are written.</summary>
    public static TokenRow Of(Canvas canvas, DenoiserDescriptor descriptor) => Of(canvas.Words.Select(word => word.Draft.Tokens), descriptor);

    /// <summary>The row of words that are given as tokens.</summary>
    public static TokenRow Of(IEnumerable<int[]> words, DenoiserDescriptor descriptor)
    {
        var ids = new List<int>();
        var starts = new List<int>();
        if (descriptor.BosId is { } opening) ids.Add(opening);
        foreach (var word in words)
        {
            starts.Add(ids.Count);
            ids.AddRange(word);
        }

        starts.Add(ids.Count);
        if (descriptor.SepId is { } closing) ids.Add(closing);
        return new TokenRow([.. ids], [.. starts]);
    }

    /// <summary>Number of words.</summary>
    public int Words => Starts.Length - 1;

    /// <summary>The tokens with some words masked.</summary>
    public int[] Masked(Func<int, bool> isMasked, int maskId)
    {
        var ids = (int[])Ids.Clone();
        for (var word = 0; word < Words; word++)
            if (isMasked(word)) ids.AsSpan(Starts[word]..Starts[word + 1]).Fill(maskId);
        return ids;
    }

    /// <summary>Positions of a word.</summary>
    public IEnumerable<int> Positions(int word) => Enumerable.Range(Starts[word], Starts[word + 1] - Starts[word]);
}
