using System.Text.Json;
using HybridGen.Drafting;
using HybridGen.Editing;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin.Tests;

/// <summary>Small generations and a service that answers with them.</summary>
internal static class Samples
{
    public const string Model = "scripted";

    public static Generation Revised { get; } = Generation(
        "The cat sat.", new Edit(new(4, 3), "cta", "cat", EditKind.Spelling, 3.5, 1));

    /// <summary>A generation that thinks "I must ask." and calls the tool <c>temperature</c> for Oslo.</summary>
    public static Generation Calling { get; } = NewCalling("Oslo");

    /// <summary>The same for several cities, a call each.</summary>
    public static Generation CallingFor(params string[] cities) => NewCalling(cities);

    /// <summary>A generation whose final text is <paramref name="text"/>.</summary>
    public static Generation Generation(string text, params Edit[] edits) => Generation(text, StopReason.EndOfText, edits);

    public static Generation Generation(string text, StopReason reason, params Edit[] edits)
    {
        var input = edits.Reverse().Aggregate(text, (t, e) => t.Remove(e.Span.Start, e.After.Length).Insert(e.Span.Start, e.Before));
        var token = new DraftToken(1, input, new(0, input.Length), -1f, 2f, []);
        var draft = Draft.From([token], new DraftCompleted(reason, 7, TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(5)));
        return new(draft, new Revision(input, text, edits, 3, 1, TimeSpan.FromMilliseconds(11)));
    }

    public static HybridGenTextGenerationService Service(Generation generation) => Service((_, _, _) => Task.FromResult(generation));

    public static HybridGenTextGenerationService Service(Func<DraftPrompt, GenerateOptions, CancellationToken, Task<Generation>> generate) => new((prompt, options, token) => Completed(generate(prompt, options, token)), Model);

    public static HybridGenTextGenerationService Failing(Exception exception) => Service((_, _, _) => Task.FromException<Generation>(exception));

    private static async IAsyncEnumerable<GenerationUpdate> Completed(Task<Generation> generation)
    {
        yield return new GenerationUpdate.Completed(await generation);
    }

    public static async Task<List<StreamingTextContent>> StreamAsync(this HybridGenTextGenerationService service, string prompt = "p")
    {
        var items = new List<StreamingTextContent>();
        await foreach (var item in service.GetStreamingTextContentsAsync(prompt, cancellationToken: TestContext.Current.CancellationToken)) items.Add(item);
        return items;
    }

    private static Generation NewCalling(params string[] cities)
    {
        const string Text = "I must ask.<tool_call>...";
        var calls = cities.Select((city, i) => new ToolCall($"c{i + 1}", "temperature", JsonDocument.Parse($"{{\"city\":\"{city}\"}}").RootElement));
        var generation = Generation(Text) with { Revision = null };
        MessagePiece[] pieces = [new(MessagePieceKind.Thinking, new(0, 11)), new(MessagePieceKind.ToolCall, TextSpan.Between(11, Text.Length)) { ToolCalls = [.. calls] }];
        return generation with { Draft = generation.Draft with { Completion = generation.Draft.Completion with { Message = DraftedMessage.Of(Text, pieces) } } };
    }
}
