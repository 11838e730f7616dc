using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>A denoiser whose logits a test writes: those of a place, given the row of ids.</summary>
internal sealed class FakeDenoiser(Func<long[], int, float[]> logits, int vocabularySize) : IDenoiser
{
    public const int Mask = 0;
    public const int End = 1;
    public const int Pad = 2;

    public DenoiserDescriptor Descriptor { get; init; } = new() { Family = "fake", MaskId = Mask, EosId = End, PadId = Pad, VocabularySize = vocabularySize, MaxPositions = 4096 };

    public Device Device => CPU;

    /// <summary>Rows of every pass.</summary>
    public List<long[][]> Seen { get; } = [];

    /// <summary>Places whose logits were asked for, pass by pass.</summary>
    public List<long> Asked { get; } = [];

    /// <summary>Who was seen in the last pass, flat; empty where everything was.</summary>
    public bool[] Attention { get; private set; } = [];

    /// <summary>Position ids of the last pass, flat; empty where none were given.</summary>
    public long[] Positions { get; private set; } = [];

    /// <summary>Called in each pass.</summary>
    public Action? OnPass { get; set; }

    public Tensor Hidden(DenoiserInput input)
    {
        OnPass?.Invoke();
        (Attention, Positions) = (input.Attention?.data<bool>().ToArray() ?? [], input.Positions?.data<long>().ToArray() ?? []);
        var (rows, length) = (input.Ids.shape[0], (int)input.Ids.shape[1]);
        var ids = input.Ids.data<long>().ToArray().Chunk(length).ToArray();
        Seen.Add(ids);
        Asked.Add(0);
        return tensor([.. ids.SelectMany(row => Enumerable.Range(0, length).SelectMany(i => logits(row, i)))], [rows, length, vocabularySize]);
    }

    public Tensor Logits(Tensor hidden)
    {
        Asked[^1] += hidden.shape[0];
        return hidden.clone();
    }

    public void Dispose() { }

    /// <summary>Every place wants one token, with this logit above the others' 0.</summary>
    public static FakeDenoiser Wanting(Func<int, int> token, int vocabularySize = 20, Func<int, float>? strength = null) =>
        new((_, i) => Only(token(i), vocabularySize, strength?.Invoke(i) ?? 4), vocabularySize);

    public static float[] Only(int id, int vocabularySize, float logit = 4)
    {
        var row = new float[vocabularySize];
        row[id] = logit;
        return row;
    }
}
