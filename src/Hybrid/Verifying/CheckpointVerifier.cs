using HybridGen.Checkpoints;
using HybridGen.Models;
using HybridGen.Torch;

namespace HybridGen.Verifying;

/// <summary>Runs the expected values that lie in a checkpoint's folder against the engine: does it compute what the original did?</summary>
/// <remarks>
/// The kinds of cases are recorded with the original implementation: <c>expected.safetensors</c> holds inputs and logits, for each case
/// <c>NAME.input_ids</c>, <c>NAME.logits</c> and where used <c>NAME.attention_mask</c>, <c>NAME.position_ids</c>, <c>NAME.token_type_ids</c>,
/// <c>NAME.timesteps</c>, and <c>NAME.valid</c> for the positions that count;
/// <c>tokenizer_cases.json</c> holds texts with their ids and what these decode to;
/// <c>traces.json</c> holds runs of samplers, canvas by canvas (single precision only: a step that turns on a hair goes another way in another).
/// </remarks>
public static class CheckpointVerifier
{
    private static readonly ICaseKind[] Kinds = [new TokenizerCases(), new LogitCases(), new TraceCases()];

    /// <summary>Verifies a checkpoint.</summary>
    /// <param name="folder">The folder, with at least one file of expected values.</param>
    /// <param name="options">How; <see langword="null"/> is the default.</param>
    /// <param name="progress">Told of each case when it is done, on the model's thread.</param>
    /// <param name="cancellationToken">Ends the work between two cases.</param>
    /// <returns>All cases in the order of their files.</returns>
    /// <exception cref="CheckpointFormatException">The checkpoint cannot be used, or there is nothing to verify, or a file of expected values is malformed.</exception>
    /// <exception cref="RefiningException">libtorch cannot be used, or has no such device.</exception>
    public static async Task<IReadOnlyList<VerifiedCase>> VerifyAsync(string folder, VerifyOptions? options = null, IProgress<VerifiedCase>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new VerifyOptions();
        var kinds = Kinds.Where(kind => File.Exists(Path.Combine(folder, kind.File))).ToList();
        if (kinds.Count == 0 && Directory.Exists(folder))
            throw new CheckpointFormatException($"'{folder}' has nothing to verify: there is no {string.Join(" or ", Kinds.Select(kind => kind.File))}.");
        using var worker = new TensorWorker(options.Threads);
        return await worker.RunAsync(() => Verify(folder, options, kinds, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static List<VerifiedCase> Verify(string folder, VerifyOptions options, List<ICaseKind> kinds, IProgress<VerifiedCase>? progress, CancellationToken cancellationToken)
    {
        using var denoiser = DenoiserLoader.Load(folder, options.Placement);
        var cases = new List<VerifiedCase>();
        foreach (var verified in kinds.SelectMany(kind => kind.Run(folder, denoiser, options)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(verified);
            cases.Add(verified);
        }

        return cases;
    }
}
