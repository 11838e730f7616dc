using HybridGen.Models;
using HybridGen.Tokens;

namespace HybridGen.Denoising;

/// <summary>A text's pieces with masks between them, one try of the gaps' lengths.</summary>
internal sealed class GapCanvas
{
    private readonly DenoiserDescriptor _descriptor;
    private readonly ITokenizer _tokenizer;
    private readonly List<(int Start, int Length)> _gaps = [];

    /// <param name="denoiser">Who will read it.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <param name="pieces">Tokens before, between and behind the gaps.</param>
    /// <param name="lengths">Masks of each gap.</param>
    public GapCanvas(IDenoiser denoiser, ITokenizer tokenizer, IReadOnlyList<int[]> pieces, IReadOnlyList<int> lengths)
    {
        (_descriptor, _tokenizer) = (denoiser.Descriptor, tokenizer);
        var content = new List<int>(pieces[0]);
        var first = Before(_descriptor, tokenizer);
        for (var gap = 0; gap < lengths.Count; gap++)
        {
            _gaps.Add((first + content.Count, lengths[gap]));
            content.AddRange(Enumerable.Repeat(_descriptor.MaskId, lengths[gap]));
            content.AddRange(pieces[gap + 1]);
        }

        Ids = Framed(_descriptor, tokenizer, content);
    }

    public IReadOnlyList<int> Ids { get; }

    /// <summary>Tokens around a text that are no part of it.</summary>
    public static int Frame(IDenoiser denoiser, ITokenizer tokenizer) => Framed(denoiser.Descriptor, tokenizer, []).Count;

    /// <summary>A logarithm that stays finite.</summary>
    public static double Log(double probability) => Math.Log(Math.Max(probability, 1e-30));

    public DenoisingCanvas ToCanvas() => new(Ids, _descriptor.MaskId);

    public IEnumerable<int> Places(int gap) => Enumerable.Range(_gaps[gap].Start, _gaps[gap].Length);

    /// <summary>Of all written tokens; a gap that could not be filled counts as all but impossible.</summary>
    public double MeanLogProbability(SamplingResult result) => _gaps.SelectMany((_, gap) => Places(gap)).Average(place => Log(result.Sources[place].Confidence));

    public Fill Fill(SamplingResult result, int gap)
    {
        var (start, end) = (_gaps[gap].Start, _gaps[gap].Start + _gaps[gap].Length);
        var tokens = Places(gap).Select(place => new DiffusedToken(result.Ids[place], result.Sources[place])).ToArray();
        var text = Seam.Text(_tokenizer, Neighbour(result, start - 1), tokens.Select(token => token.Id), Neighbour(result, end), _descriptor.MaskId);
        return new Fill(text, tokens, tokens.Average(token => Log(token.Source.Confidence)), result.Reason);
    }

    private int Neighbour(SamplingResult result, int place) => place >= 0 && place < result.Ids.Count && result.Ids[place] != _descriptor.MaskId ? result.Ids[place] : -1;

    /// <summary>The tokens with the template's around them; a text begins with its first token where the family has one.</summary>
    private static IReadOnlyList<int> Framed(DenoiserDescriptor descriptor, ITokenizer tokenizer, IReadOnlyList<int> content)
    {
        var framed = tokenizer.WithTemplate(content);
        var bos = descriptor.BosId ?? (descriptor.ShiftsLogits ? descriptor.EosId : null);
        return bos is { } first && (framed.Count == 0 || framed[0] != first) ? [first, .. framed] : framed;
    }

    private static int Before(DenoiserDescriptor descriptor, ITokenizer tokenizer) => Framed(descriptor, tokenizer, [descriptor.MaskId]).ToList().IndexOf(descriptor.MaskId);
}
