using System.CommandLine;
using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json;
using HybridGen.Drafting;
using LLama;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Bench;

/// <summary><c>bare</c>: a loop of decode and argmax over the same library, which reports nothing; what drafting could reach at most.</summary>
internal static class BareBench
{
    public static Command Command()
    {
        var command = new Command("bare", "Drafts with a bare loop over LLamaSharp.") { GenerateBench.Prompt, GenerateBench.Tokens, Models.Drafter, Models.Threads };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult arguments)
    {
        var (model, threads, most) = (arguments.GetValue(Models.Drafter)!, arguments.GetValue(Models.Threads), arguments.GetValue(GenerateBench.Tokens));
        LlamaLibrary.EnsureLoaded();
        var started = Stopwatch.GetTimestamp();
        var parameters = new ModelParams(model) { LoadMode = LLamaLoadMode.MemoryMap, GpuLayerCount = 0, Threads = threads, BatchThreads = threads };
        using var weights = LLamaWeights.LoadFromFile(parameters);
        using var context = weights.CreateContext(parameters with { ContextSize = (uint)Math.Min(4096, weights.ContextSize) });
        var loaded = Stopwatch.GetTimestamp();
        var (tokens, first, rate) = Draft(weights, context, arguments.GetValue(GenerateBench.Prompt)!, most);
        var measure = new DraftMeasure(tokens, Stopwatch.GetElapsedTime(started, loaded).TotalSeconds, Stopwatch.GetElapsedTime(loaded, first).TotalSeconds, rate, Machine.PeakMebibytes(), "");
        Console.WriteLine(JsonSerializer.Serialize(measure));
        return 0;
    }

    /// <summary>A greedy draft in an empty context: how many tokens, when the first was there, and the rate of the others in tokens/s.</summary>
    public static (int Tokens, long First, double Rate) Draft(LLamaWeights weights, LLamaContext context, string text, int most)
    {
        var prompt = weights.Tokenize(text, true, false, System.Text.Encoding.UTF8);
        var batch = new LLamaBatch();
        var row = 0;
        foreach (var part in Enumerable.Range(0, prompt.Length).Chunk((int)context.BatchSize))
        {
            if (batch.TokenCount > 0) context.Decode(batch);
            batch.Clear();
            foreach (var position in part) row = batch.Add(prompt[position], position, LLamaSeqId.Zero, position == prompt.Length - 1);
        }

        List<LLamaToken> tokens = [Best(context, batch, row)];
        var first = Stopwatch.GetTimestamp();
        while (tokens.Count < most && !tokens[^1].IsEndOfGeneration(weights.Vocab))
        {
            batch.Clear();
            tokens.Add(Best(context, batch, batch.Add(tokens[^1], prompt.Length + tokens.Count - 1, LLamaSeqId.Zero, true)));
        }

        return (tokens.Count, first, (tokens.Count - 1) / Stopwatch.GetElapsedTime(first).TotalSeconds);
    }

    private static LLamaToken Best(LLamaContext context, LLamaBatch batch, int row)
    {
        context.Decode(batch);
        return TensorPrimitives.IndexOfMax<float>(context.NativeHandle.GetLogitsIth(row));
    }
}
