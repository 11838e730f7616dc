using HybridGen.Denoising;
using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Verifying;

/// <summary>Runs a checkpoint folder's recorded runs and compares every canvas of every step.</summary>
internal static class TraceVerifier
{
    /// <summary>The result of each trace of <c>traces.json</c>, in its order; none where the folder has no such file.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="denoiser">The model, loaded from it; single precision.</param>
    /// <param name="cancellationToken">Ends it before the next pass through the network.</param>
    public static IEnumerable<TraceCheck> Verify(string folder, IDenoiser denoiser, CancellationToken cancellationToken = default)
    {
        var path = Path.Combine(folder, "traces.json");
        return File.Exists(path) ? Trace.Read(path).Select((trace, index) => Check(index, trace, denoiser, cancellationToken)) : [];
    }

    private static TraceCheck Check(int index, Trace trace, IDenoiser denoiser, CancellationToken cancellationToken)
    {
        if (ReferenceSampler.Of(trace) is not { } sampler) return new TraceCheck(index, trace.Name, 0, null, $"No sampler of this name is known: {trace.Sampler ?? "(none)"}.");
        using var described = new Described(denoiser, sampler.Describe(denoiser.Descriptor));
        var canvases = sampler.Canvases(described.Descriptor);
        var steps = new List<int[][]>();
        sampler.Run(described, canvases, Listen, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return Compare(index, trace, steps, described.Descriptor.EosId);

        StepResponse Listen(SamplingStep step)
        {
            if (step.Canvas == 0) steps.Add(new int[canvases.Count][]);
            steps[^1][step.Canvas] = [.. step.Ids];
            return StepResponse.Accept;
        }
    }

    private static TraceCheck Compare(int index, Trace trace, List<int[][]> steps, int? fill)
    {
        var expected = trace.Canvases;
        for (var step = 0; step < Math.Min(expected.Length, steps.Count); step++)
            for (var row = 0; row < expected[step].Length; row++)
                if (FirstDifference(expected[step][row], steps[step][row], fill) is { } column)
                    return new TraceCheck(index, trace.Name, expected.Length, step + 1, $"Row {row}, position {column}: {At(steps[step][row], column)} instead of {At(expected[step][row], column)}.");
        return steps.Count == expected.Length
            ? new TraceCheck(index, trace.Name, expected.Length, null, null)
            : new TraceCheck(index, trace.Name, expected.Length, Math.Min(expected.Length, steps.Count) + 1, $"{steps.Count} steps instead of {expected.Length}.");
    }

    /// <summary>The first column that differs; a shorter row of a batch is filled up with ends of text.</summary>
    private static int? FirstDifference(int[] expected, int[] found, int? fill)
    {
        for (var i = 0; i < Math.Max(expected.Length, found.Length); i++)
            if (i >= expected.Length || expected[i] != (i < found.Length ? found[i] : fill)) return i;
        return null;
    }

    private static string At(int[] row, int column) => column < row.Length ? $"{row[column]}" : "nothing";

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

/// <summary>How a recorded run went here.</summary>
/// <param name="Index">Its place in the file, from 0; names may occur twice.</param>
/// <param name="Name">Its name.</param>
/// <param name="Steps">Steps it has.</param>
/// <param name="FirstDifferentStep">The first step, from 1, after which a canvas differs; null where none does.</param>
/// <param name="Problem">What differs, or why it could not be run; null where all is equal.</param>
internal sealed record TraceCheck(int Index, string Name, int Steps, int? FirstDifferentStep, string? Problem)
{
    /// <summary>Whether every canvas after every step is the recorded one.</summary>
    public bool IsEqual => Problem is null;
}
