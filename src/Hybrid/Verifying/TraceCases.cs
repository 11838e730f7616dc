using System.Text.Json;
using HybridGen.Checkpoints;
using HybridGen.Denoising;
using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Verifying;

/// <summary>Runs of reference samplers: every canvas after every step must be the recorded one.</summary>
internal sealed class TraceCases : ICaseKind
{
    public string File => "traces.json";

    public IEnumerable<VerifiedCase> Run(string folder, IDenoiser denoiser, VerifyOptions options)
    {
        if (options.Placement.Resolve().Type != ScalarType.Float32)
        {
            yield return new VerifiedCase("trace", File, true, null, "not run: they hold in single precision only");
            yield break;
        }

        var path = Path.Combine(folder, File);
        var traces = Sound(path, () => Trace.Read(CheckpointText.ReadJson(path)));
        foreach (var (index, trace) in traces.Index())
        {
            // Two traces of a file may have the same name.
            var name = Sound(path, () => traces.Take(index).Count(earlier => earlier.Name == trace.Name) is var before and > 0 ? $"{trace.Name} ({before + 1})" : trace.Name);
            yield return Sound($"{path}', '{name}", () => Check(name, trace, denoiser));
        }
    }

    private static VerifiedCase Check(string name, Trace trace, IDenoiser denoiser)
    {
        if (ReferenceSampler.Of(trace) is not { } sampler) return new VerifiedCase("trace", name, false, null, $"this version has no sampler '{trace.Sampler}'");
        using var scope = NewDisposeScope();
        var described = new Described(denoiser, sampler.Describe(denoiser.Descriptor));
        var canvases = sampler.Canvases(described.Descriptor);
        var steps = new List<int[][]>();
        sampler.Run(described, canvases, step =>
        {
            if (step.Canvas == 0) steps.Add(new int[canvases.Count][]);
            steps[^1][step.Canvas] = [.. step.Ids];
            return steps.Count > trace.Canvases.Length ? StepResponse.Stop : StepResponse.Accept;
        });
        var difference = Difference(trace, steps, described.Descriptor.EosId);
        return new VerifiedCase("trace", name, difference is null, null, difference ?? $"the same canvas after each of {steps.Count} steps");
    }

    /// <summary>What differs first; null where nothing does.</summary>
    private static string? Difference(Trace trace, List<int[][]> steps, int? fill)
    {
        var expected = trace.Canvases;
        for (var step = 0; step < Math.Min(expected.Length, steps.Count); step++)
            for (var row = 0; row < steps[step].Length; row++)
                if (FirstDifference(expected[step][row], steps[step][row], fill) is { } at)
                    return $"step {step + 1} of {expected.Length}, row {row}, position {at}: {Token(steps[step][row], at)} instead of {Token(expected[step][row], at)}";
        return steps.Count == expected.Length ? null : $"{steps.Count} steps instead of {expected.Length}";
    }

    /// <summary>The first column that differs; the references fill up a shorter row of a batch with ends of text.</summary>
    private static int? FirstDifference(int[] expected, int[] found, int? fill)
    {
        for (var i = 0; i < Math.Max(expected.Length, found.Length); i++)
            if (i >= expected.Length || expected[i] != (i < found.Length ? found[i] : fill)) return i;
        return null;
    }

    private static string Token(int[] row, int at) => at < row.Length ? $"{row[at]}" : "nothing";

    private static T Sound<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or IndexOutOfRangeException)
        {
            throw new CheckpointFormatException($"'{path}' is no record of a sampler's run: {failure.Message}", failure);
        }
    }

    /// <summary>A model as a sampler takes it to be; it stays its owner's.</summary>
    private sealed class Described(IDenoiser denoiser, DenoiserDescriptor descriptor) : IDenoiser
    {
        public DenoiserDescriptor Descriptor => descriptor;

        public Device Device => denoiser.Device;

        public Tensor Hidden(DenoiserInput input) => denoiser.Hidden(input);

        public Tensor Logits(Tensor hidden) => denoiser.Logits(hidden);

        public void Dispose() { }
    }
}
