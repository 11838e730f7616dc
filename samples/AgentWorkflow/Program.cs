// dotnet run --project samples/AgentWorkflow [MODEL.gguf]
// A workflow of the Microsoft Agent Framework: one agent writes, the next revises what it wrote; and an agent whose answers are revised by themselves.
using HybridGen;
using HybridGen.Plugin.Chat;
using HybridGen.Plugin.Revising;
using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Extensions.AI;

await using var engine = new HybridGenEngine(args is [var path, ..] ? new HybridGenOptions { DrafterPath = path } : null);

// The writer only drafts. Its temperature is high: the mini drafter slips, and there is something to revise.
var writing = new ChatOptions
{
    MaxOutputTokens = 80,
    Seed = 32,
    Temperature = 1.2f,
    TopK = 0,
    TopP = 0.98f,
    AdditionalProperties = new() { ["revise"] = false, ["min_p"] = 0.002 },
};
using var drafts = new HybridGenChatClient(engine).AsBuilder().ConfigureOptions(options => Take(writing, options)).Build();
var writer = drafts.AsAIAgent(name: "writer");

// The reviser needs no drafter: it answers with what it was told last, revised. Here that is what the writer wrote.
var reviser = new ReviserChatClient(engine).AsAIAgent(name: "reviser");

// The workflow is an agent itself; any agent could stand in the writer's place.
var author = AgentWorkflowBuilder.BuildSequential([writer, reviser]).AsAIAgent(name: "author");
var response = await author.RunAsync("Once upon a time there was a little dog,");
foreach (var message in response.Messages.Where(message => message.Role == ChatRole.Assistant)) Show(message);

// The same in one step: whatever an agent answers, on whichever service, is revised before its caller sees it.
var revised = writer.UseHybridGenRevision(engine);
Show((await revised.RunAsync("Once upon a time there was a little dog,")).Messages[^1]);

static void Show(ChatMessage message)
{
    Console.WriteLine($"{message.AuthorName}: {message.Text}");
    foreach (var edit in RevisedAnswer.Edits(message.AdditionalProperties)) Console.WriteLine($"  {edit.Before} -> {edit.After} ({edit.Kind}, {edit.Gain:F1} nats)");
}

static void Take(ChatOptions from, ChatOptions to) =>
    (to.MaxOutputTokens, to.Seed, to.Temperature, to.TopK, to.TopP, to.AdditionalProperties) = (from.MaxOutputTokens, from.Seed, from.Temperature, from.TopK, from.TopP, from.AdditionalProperties);
