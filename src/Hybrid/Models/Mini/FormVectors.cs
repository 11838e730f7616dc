using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>
/// What the network makes of a word's letters: its vector and its pointer key, which depend on nothing else and are kept per form.
/// </summary>
internal sealed class FormVectors(MiniDenoiser denoiser)
    : VectorTable<string>(MostKept, StringComparer.Ordinal, denoiser.Device, denoiser.Config.HiddenSize, denoiser.Config.PointerSize)
{
    /// <summary>The row of a hidden draft: zero.</summary>
    public const int Hidden = 0;

    private const int MostKept = 32_768;

    /// <summary>Word vectors, (rows, D).</summary>
    public Tensor Words => Column(0);

    /// <summary>Pointer keys, (rows, P).</summary>
    public Tensor Keys => Column(1);

    protected override int AtOnce => 64;

    protected override Tensor[] Compute(IReadOnlyList<string> keys)
    {
        var ngrams = new long[keys.Count * CharacterNgrams.Slots];
        for (var i = 0; i < keys.Count; i++) CharacterNgrams.Write(keys[i], ngrams.AsSpan(i * CharacterNgrams.Slots, CharacterNgrams.Slots));
        var words = denoiser.WordVectors(tensor(ngrams, [keys.Count, CharacterNgrams.Slots], device: denoiser.Device));
        return [words, denoiser.PointerKeys(words)];
    }
}
