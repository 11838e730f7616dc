// dotnet run --project samples/Agent [MODEL.gguf]
// An agent of the Microsoft Agent Framework that writes with the shipped pair, in a session of two turns; then an editor that has tools.
using HybridGen;
using HybridGen.Plugin.Chat;
using HybridGen.Plugin.Functions;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

const string Letter = "Dear Ms Lindqvist, I recieved teh parcel yesturday. Please tell Mr Lindqvist. Thank you, Ms Lindkvist! The code is `recieved_at`.";

// One engine for all: the agent's models are loaded once, and the functions use the same refiner.
var model = args is [var path, ..] ? path : null;
await using var engine = new HybridGenEngine(model is null ? null : new HybridGenOptions { DrafterPath = model });
using var client = new HybridGenChatClient(engine);

// The mini drafter has no chat template: it goes on from the whole conversation, so that the instructions are the story's first line.
var writer = client.AsAIAgent("A story about a little dog.", "writer");
var session = await writer.CreateSessionAsync();
var options = new ChatClientAgentRunOptions(new ChatOptions { Seed = 5, MaxOutputTokens = 60 });
await TurnAsync("Once upon a time there was a little dog named Max.");
await TurnAsync("The next day, Max");

// What a model can have done to a text: six functions, each of which is also an AIFunction.
var functions = KernelPluginFactory.CreateFromObject(new HybridGenFunctions(engine), "text");
Console.WriteLine($"\nTools: {string.Join(", ", functions.Select(function => function.Name))}");
Console.WriteLine($"Before: {Letter}");

if (model is not null)
{
    // A model whose chat template has a place for tools, such as Qwen3, decides by itself; the agent calls what it asks for.
    var editor = client.AsAIAgent("Correct the user's text with the tools. Answer with the corrected text only.", "editor", tools: [.. functions]);
    Console.WriteLine($"After:  {(await editor.RunAsync(Letter)).Text}");
    return;
}

// The mini drafter knows no tools; these are the calls that such a model makes.
var arguments = new AIFunctionArguments { ["text"] = Letter };
Console.WriteLine($"After:  {await functions["fix_spelling"].InvokeAsync(arguments)}");
foreach (var edit in await new HybridGenFunctions(engine).ExplainEditsAsync(Letter)) Console.WriteLine($"  {edit.Position}: {edit.Reason}");

async Task TurnAsync(string said)
{
    Console.WriteLine($"> {said}");
    // Only final text is streamed: what the drafter wrote is revised before it is shown.
    await foreach (var update in writer.RunStreamingAsync(said, session, options)) Console.Write(update.Text);
    Console.WriteLine();
}
