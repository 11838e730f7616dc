// dotnet run --project samples/ReviseAnyService
// Another service writes, the refiner mends what it answers: as a chat client's middleware, and as a Semantic Kernel filter.
using HybridGen;
using HybridGen.Editing;
using HybridGen.Plugin.Revising;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

const string Answer = "The harbour museum was founded by Henrietta Lindqvist in 1911. Miss Lindqvist beleived that every ship has a story, and she "
    + "colected letters, maps and photographs. In 1934 Miss Lindkvist gave the whole collecton to the town. "
    + "Tickets are sold at https://example.org/tikets until five o'clock, and childern pay nothing.";

// The one line to change. For OpenAI: new OpenAIClient(key).GetChatClient("gpt-4o-mini").AsIChatClient();
// for Azure: new AzureOpenAIClient(endpoint, credential).GetChatClient("deployment").AsIChatClient(); for Ollama: new OllamaApiClient(endpoint, "llama3.2").
using IChatClient service = new ScriptedChatClient(Answer);

// The drafter is never loaded: only the refiner is used, and the judge that helps it.
await using var engine = new HybridGenEngine();

Console.WriteLine("As a chat client, streaming:");
using var client = service.AsBuilder().UseHybridGenRevision(engine).Build();
var edits = new List<Edit>();
await foreach (var update in client.GetStreamingResponseAsync("Tell me about the museum."))
{
    // The text comes sentence by sentence: a sentence is revised when it has ended.
    Console.Write(update.Text);
    edits.AddRange(RevisedAnswer.Edits(update.AdditionalProperties));
}

Console.WriteLine();
List(edits);

Console.WriteLine("\nAs a filter of a kernel:");
var builder = Kernel.CreateBuilder();
builder.Services.AddSingleton(service.AsChatCompletionService()); // or builder.AddOpenAIChatCompletion("gpt-4o-mini", key)
builder.Services.AddSingleton(engine);
var kernel = builder.AddHybridGenRevision().Build();
var result = await kernel.InvokePromptAsync("Tell me about the museum.");
Console.WriteLine(result);
List((IReadOnlyList<Edit>)result.GetValue<ChatMessageContent>()!.Metadata![RevisedAnswer.EditsKey]!);

static void List(IReadOnlyList<Edit> edits)
{
    foreach (var edit in edits) Console.WriteLine($"  {edit.Before} -> {edit.After} ({edit.Kind}, {edit.Gain:F1} nats)");
}
