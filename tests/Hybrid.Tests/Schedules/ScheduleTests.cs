using System.Text.Json;
using CsCheck;
using HybridGen.Schedules;

namespace HybridGen.Hybrid.Tests.Schedules;

/// <summary>Tokens committed per step, against the reference samplers' own lists.</summary>
public sealed class ScheduleTests
{
    [Theory]
    [InlineData("llada")]
    [InlineData("dllm_linear")]
    [InlineData("dllm_cosine")]
    [InlineData("dream")]
    public void CountsAreTheReferences(string name)
    {
        TransferSchedule schedule = name switch
        {
            "llada" => new TransferSchedule.Even(),
            "dllm_linear" => new TransferSchedule.ByNoise(new NoiseSchedule.Linear()),
            "dllm_cosine" => new TransferSchedule.ByNoise(new NoiseSchedule.Cosine()),
            _ => new TransferSchedule.Truncated(),
        };
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "fixtures", "schedules", "schedules.json")));
        var cases = document.RootElement.GetProperty("schedules").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var one in cases)
        {
            var (masks, steps) = (one.GetProperty("masks").GetInt32(), one.GetProperty("steps").GetInt32());
            var expected = one.GetProperty(name).EnumerateArray().Select(count => count.GetInt32()).ToArray();
            Assert.True(expected.SequenceEqual(schedule.Counts(masks, steps)), $"{masks} masks in {steps} steps: {string.Join(',', schedule.Counts(masks, steps))} instead of {string.Join(',', expected)}");
        }
    }

    [Fact]
    public void EveryScheduleCommitsEveryMaskOnce() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 300], Gen.Int[0, All.Length - 1].Select(i => All[i])).Sample((masks, steps, schedule) =>
        {
            var counts = schedule.EveryStep(masks, steps);
            return counts.Length == steps && counts.Sum() == masks && counts.All(count => count >= 0) && schedule.Counts(masks, steps).Sum() == masks;
        });

    [Fact]
    public void AlphaFallsFromAboutOneToAboutZero()
    {
        NoiseSchedule[] schedules = [new NoiseSchedule.Linear(), new NoiseSchedule.Cosine(), new NoiseSchedule.Geometric(), new NoiseSchedule.Held(), new NoiseSchedule.Custom(t => 1 - t * t)];
        foreach (var schedule in schedules)
        {
            var alphas = Enumerable.Range(0, 101).Select(i => schedule.Alpha(i / 100f)).ToArray();
            Assert.All(alphas.Zip(alphas.Skip(1)), pair => Assert.True(pair.First >= pair.Second));
            Assert.InRange(alphas[0], 0.99f, 1.000001f);
            Assert.InRange(alphas[^1], -1e-6f, 0.01f);
        }
    }

    [Fact]
    public void AScheduleThatGivesNoShareIsSaid()
    {
        var schedule = new TransferSchedule.ByNoise(new NoiseSchedule.Custom(_ => float.NaN));
        Assert.Contains("a share from 0 to 1", Assert.Throws<InvalidOperationException>(() => schedule.Counts(4, 2)).Message, StringComparison.Ordinal);
    }

    private static TransferSchedule[] All { get; } =
    [
        new TransferSchedule.Even(), new TransferSchedule.Truncated(), new TransferSchedule.ByNoise(new NoiseSchedule.Linear()),
        new TransferSchedule.ByNoise(new NoiseSchedule.Cosine()), new TransferSchedule.ByNoise(new NoiseSchedule.Geometric()),
        new TransferSchedule.ByNoise(new NoiseSchedule.Held()), new TransferSchedule.ByNoise(new NoiseSchedule.Custom(t => 1 - t * t)),
    ];
}
