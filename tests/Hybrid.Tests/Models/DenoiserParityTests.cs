using HybridGen.Checkpoints;
using HybridGen.Models;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Models;

/// <summary>Every family against what its reference implementation computed.</summary>
public sealed class DenoiserParityTests : IDisposable
{
    private const float Tolerance = 1e-4f;

    private readonly TensorWorker _worker = new(Environment.ProcessorCount);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Families =>
        ["a2d-qwen2", "a2d-qwen3", "a2d-qwen3-f16", "a2d-qwen3-sharded-bf16", "bert", "bert-legacy-names", "dream", "gidd", "llada", "modernbert", "roberta"];

    public void Dispose() => _worker.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public Task HiddenStatesAndLogitsAreTheExpectedOnes(string family) => _worker.RunAsync(() =>
    {
        using var denoiser = Load(family);
        using var file = SafetensorsFile.Open(Path.Combine(Repository.Checkpoint(family), "expected.safetensors"));
        var cases = file.Tensors.Keys.Select(name => name.Split('.')[0]).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.InRange(cases.Count, 2, 4);
        foreach (var name in cases) Check(denoiser, key => file.Tensors.ContainsKey($"{name}.{key}") ? file.Load($"{name}.{key}") : null, name);
        return true;
    }, Token);

    [Theory]
    [MemberData(nameof(Families))]
    public Task ARowIsTheSameAloneAndBesideLongerOnes(string family) => _worker.RunAsync(() =>
    {
        using var denoiser = Load(family);
        int[] lengths = [5, 14, 9];
        var ids = Ids(denoiser.Descriptor, lengths, 14);
        var visible = arange(14).unsqueeze(0).lt(tensor([.. lengths.Select(length => (long)length)]).unsqueeze(1));
        var times = tensor([0.3f, 0.6f, 0.9f]);
        var together = denoiser.Hidden(new DenoiserInput(ids) { Attention = visible, Times = times });
        for (var row = 0; row < lengths.Length; row++)
        {
            var alone = denoiser.Hidden(new DenoiserInput(ids.narrow(0, row, 1).narrow(1, 0, lengths[row])) { Times = times.narrow(0, row, 1) });
            AssertClose(alone[0], together[row].narrow(0, 0, lengths[row]), 1e-5f, $"row {row}");
        }

        return true;
    }, Token);

    [Theory]
    [MemberData(nameof(Families))]
    public Task NothingIsLeftOfAForwardAndOfALoad(string family) => _worker.RunAsync(() =>
    {
        var before = DisposeScopeStatistics();
        using (NewDisposeScope())
        using (var denoiser = Load(family))
        {
            var loaded = DisposeScopeStatistics();
            using (NewDisposeScope())
            {
                var hidden = denoiser.Hidden(new DenoiserInput(Ids(denoiser.Descriptor, [7, 7], 7)));
                Assert.Equal([2 * 7, denoiser.Descriptor.VocabularySize], denoiser.Logits(hidden.flatten(0, 1)).shape);
            }

            Assert.Equal(loaded, DisposeScopeStatistics());
        }

        Assert.Equal(before, DisposeScopeStatistics());
        return true;
    }, Token);

    private static long DisposeScopeStatistics() => TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    private static IDenoiser Load(string family) => DenoiserLoader.Load(Repository.Checkpoint(family), new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 });

    private static Tensor Ids(DenoiserDescriptor descriptor, int[] lengths, int width)
    {
        var random = new Random(7);
        var ids = new long[lengths.Length * width];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = i % width < lengths[i / width] ? random.Next(10, 300) : descriptor.PadId ?? 0;
        for (var row = 0; row < lengths.Length; row++) ids[row * width + 2] = descriptor.MaskId;
        return tensor(ids, [lengths.Length, width]);
    }

    private static void Check(IDenoiser denoiser, Func<string, Tensor?> load, string name)
    {
        var attention = load("attention_mask")?.ne(0);
        var input = new DenoiserInput(load("input_ids")!) { Attention = attention, Positions = load("position_ids"), TokenTypes = load("token_type_ids"), Times = load("timesteps") };
        var meant = load("valid")?.ne(0) ?? (attention?.dim() == 2 ? attention : ones_like(input.Ids, ScalarType.Bool));
        var hidden = denoiser.Hidden(input);
        var stream = denoiser is Dit dit ? dit.Stream(input) : hidden; // What the project calls hidden lies before its output layer.
        AssertClose(load("hidden")![meant], stream[meant], Tolerance, $"{name}, hidden");
        AssertClose(load("logits")![meant], denoiser.Logits(hidden[meant]), Tolerance, $"{name}, logits");
    }

    private static void AssertClose(Tensor expected, Tensor found, float tolerance, string what)
    {
        Assert.Equal(expected.shape, found.shape);
        var difference = (expected - found).abs().max().item<float>();
        Assert.True(difference <= tolerance, $"{what}: they differ by {difference}.");
    }
}
