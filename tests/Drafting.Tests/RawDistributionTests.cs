using LLama;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting.Tests;

/// <summary>What a draft reports against a loop of its own over LLamaSharp and a log-softmax of the raw logits in double arithmetic.</summary>
public class RawDistributionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Mini() => AssertReportedIsRaw(Repository.MiniDrafter);

    [Fact]
    public Task Smol() => AssertReportedIsRaw(Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf"));

    private static async Task AssertReportedIsRaw(string path)
    {
        LlamaLibrary.EnsureLoaded();
        var parameters = new ModelParams(path) { GpuLayerCount = 0, ContextSize = 512 };
        using var weights = LLamaWeights.LoadFromFile(parameters);
        await using var drafter = LlamaDrafter.Over(weights, new() { ModelPath = path, ContextSize = 512 });
        var options = new DraftOptions { MaxTokens = 40, Alternatives = 8, Sampling = new Sampling.Random { Temperature = 1.3, Seed = 5 } };
        var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw("The old town by the sea was"), options, Token), Token);
        using var context = weights.CreateContext(parameters);
        var batch = new LLamaBatch();
        var row = batch.AddRange([.. draft.Completion.PromptIds.Select(id => (LLamaToken)id)], 0, LLamaSeqId.Zero, true);
        for (var (i, position) = (0, draft.Completion.PromptIds.Count); i < draft.Tokens.Count; i++, position++)
        {
            context.Decode(batch);
            AssertSame(LogSoftmax(context.NativeHandle.GetLogitsIth(row)), draft.Tokens[i]);
            batch.Clear();
            row = batch.Add(draft.Tokens[i].Id!.Value, position, LLamaSeqId.Zero, true);
        }
    }

    private static void AssertSame(double[] exact, DraftToken token)
    {
        Assert.Equal(exact[token.Id!.Value], token.LogProbability!.Value, 1e-3);
        Assert.Equal(-exact.Sum(log => Math.Exp(log) * log), token.Entropy!.Value, 1e-3);
        Assert.All(token.Alternatives, other => Assert.Equal(exact[other.Id], other.LogProbability, 1e-3));
        Assert.Equal(exact.OrderDescending().Take(8).Last(), token.Alternatives[^1].LogProbability, 1e-3);
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        var exact = Array.ConvertAll(logits.ToArray(), logit => (double)logit);
        var most = exact.Max();
        var logSum = most + Math.Log(exact.Sum(logit => Math.Exp(logit - most)));
        return Array.ConvertAll(exact, logit => logit - logSum);
    }
}
