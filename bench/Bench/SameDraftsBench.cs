using System.CommandLine;
using System.Text.Json;
using HybridGen.Drafting;

namespace HybridGen.Bench;

/// <summary><c>same-drafts</c>: greedy drafts of many prompts, token by token beside those of llama.cpp driven from Node.</summary>
internal static class SameDraftsBench
{
    private static readonly Option<FileInfo> Script = new Option<FileInfo>("--script") { Required = true, Description = "bench/node-drafts.mjs" }.AcceptExistingOnly();
    private static readonly Option<FileInfo> Prompts = new Option<FileInfo>("--prompts") { Required = true, Description = "A prompt a line." }.AcceptExistingOnly();

    public static Command Command()
    {
        var command = new Command("same-drafts", "Compares greedy drafts with node-llama-cpp's.") { Script, Prompts, GenerateBench.Tokens, Models.Drafter, Models.Threads, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var (model, prompts, tokens, threads) = (Path.GetFullPath(arguments.GetValue(Models.Drafter)!), arguments.GetValue(Prompts)!.FullName, arguments.GetValue(GenerateBench.Tokens), arguments.GetValue(Models.Threads));
        var output = await ChildProcess.RunAsync("node", [arguments.GetValue(Script)!.FullName, model, prompts, $"{tokens}", $"{threads}"], cancellationToken);
        var theirs = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<NodeDraft>(line)!).ToList();
        await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = model, ContextSize = 1024, Threads = threads }, cancellationToken: cancellationToken);
        var lines = (await File.ReadAllLinesAsync(prompts, cancellationToken)).Where(line => line.Length > 0).ToList();
        var report = new Report($"greedy drafts of {Path.GetFileName(model)}: HybridGen and node-llama-cpp");
        var (same, ours) = (0, new List<Draft>());
        foreach (var (line, node) in lines.Zip(theirs))
        {
            var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw(line), new() { MaxTokens = tokens, Sampling = new Sampling.Greedy() }, cancellationToken), cancellationToken);
            ours.Add(draft);
            if (Difference(draft, node) is { } difference) report.Add($"prompt {ours.Count}, first difference", difference);
            else same++;
        }

        report.Add("prompts", lines.Count);
        report.Add("tokens of each", tokens);
        report.Add("drafts of the same tokens", same);
        Prefill(report, ours, theirs);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    /// <summary>Where two drafts part, and by how much the two tokens differ here: a tie is decided by rounding.</summary>
    private static string? Difference(Draft draft, NodeDraft node)
    {
        var ids = draft.Tokens.Select(token => token.Id!.Value).ToList();
        var same = ids.Zip(node.Ids).TakeWhile(pair => pair.First == pair.Second).Count();
        if (same == Math.Min(ids.Count, node.Ids.Length)) return null;
        var token = draft.Tokens[same];
        var other = token.Alternatives.FirstOrDefault(alternative => alternative.Id == node.Ids[same]);
        return other.Text is null ? $"token {same + 1}: theirs is not among the five best" : $"token {same + 1}: {token.LogProbability - other.LogProbability:F4} nats apart";
    }

    private static void Prefill(Report report, List<Draft> ours, List<NodeDraft> theirs)
    {
        report.Add("prompt tokens, both", $"{ours.Sum(draft => draft.Completion.PromptTokens)}, {theirs.Sum(draft => draft.Prompt)}");
        var here = ours.Skip(1).Sum(draft => draft.Completion.PromptTokens) / ours.Skip(1).Sum(draft => draft.Completion.PromptDuration.TotalSeconds);
        var there = theirs.Skip(1).Sum(draft => draft.Prompt) / theirs.Skip(1).Sum(draft => draft.PromptSeconds);
        report.Add("HybridGen: prompts read", here, "tokens/s");
        report.Add("node-llama-cpp: prompts read, first token included", there, "tokens/s");
        report.Add("HybridGen over node-llama-cpp", here / there);
    }

    private sealed record NodeDraft(int Prompt, int[] Ids, double PromptSeconds);
}
