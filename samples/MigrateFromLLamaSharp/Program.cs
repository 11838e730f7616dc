// dotnet run --project samples/MigrateFromLLamaSharp [MODEL.gguf]
// From LLamaSharp with LLamaSharp.semantic-kernel, whose last version is 0.28, to HybridGen: the old lines in comments, the new ones below them.
using HybridGen;
using HybridGen.Drafting;
using HybridGen.Plugin;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

var model = args is [var path, ..] ? path : ShippedModels.Drafter;

// Old: var parameters = new ModelParams(model) { ContextSize = 2048, GpuLayerCount = 0, Threads = 2 };
//      using var weights = LLamaWeights.LoadFromFile(parameters);
//      var executor = new StatelessExecutor(weights, parameters);
//      builder.Services.AddSingleton<ITextGenerationService>(new LLamaSharpTextCompletion(executor));
//      builder.Services.AddSingleton<IChatCompletionService>(new LLamaSharpChatCompletion(executor));
// New: weights and context belong to the engine, which the container makes at first use and disposes of.
var kernel = Kernel.CreateBuilder()
    .AddHybridGen(new HybridGenOptions { DrafterPath = model, ContextSize = 512, GpuLayerCount = 0, Threads = 2 })
    .Build();
await using var services = (ServiceProvider)kernel.Services;

// Old: new LLamaSharpPromptExecutionSettings { MaxTokens = 40, Temperature = 0.8, TopP = 0.95, StopSequences = ["\n"] }
//      What was left out was 0: without a temperature it was greedy, without a TopP it drew from nothing.
// New: what is left out keeps its default, and what is out of range is refused by name.
var settings = new HybridGenPromptExecutionSettings { MaxTokens = 40, Seed = 4, StopSequences = ["\n"] };

// Old: the same call; the text came as the model wrote it, without usage or a reason why it ended.
var texts = kernel.GetRequiredService<ITextGenerationService>();
var text = await texts.GetTextContentAsync("Once upon a time there was a little bird", settings);
var how = (HybridGenMetadata)text.Metadata!;
Console.WriteLine($"Text:   {text.Text?.Trim()}");
Console.WriteLine($"        {how.Usage.OutputTokenCount} tokens, ended by {how.FinishReason}, {how.Edits.Count} changes after the draft");

// To have the drafter's text alone, as before:
var draft = await texts.GetTextContentAsync("Once upon a time there was a little bird", new HybridGenPromptExecutionSettings { MaxTokens = 40, Seed = 4, StopSequences = ["\n"], Revise = false });
Console.WriteLine($"Draft:  {draft.Text?.Trim()}");

// Old: the history was written as "User: ...\nAssistant: ..." for every model, and "User:" ended the answer.
// New: the model's own chat template writes it; the mini drafter has none and goes on from the whole conversation.
var chat = kernel.GetRequiredService<IChatCompletionService>();
var history = new ChatHistory();
history.AddUserMessage("A bird lived in a tree near the river. One morning the bird");
var answer = await chat.GetChatMessageContentAsync(history, settings, kernel);
Console.WriteLine($"Chat:   {answer.Content?.Trim()}");

// Old: var session = new InteractiveExecutor(weights.CreateContext(parameters)); await foreach (var piece in session.InferAsync(...)) ...
// New: a session keeps what was read; going on reads only what is new, and what was written can be corrected.
await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = model, ContextSize = 512, Threads = 2 });
var session = drafter.StartSession();
await foreach (var _ in session.DraftAsync(new DraftPrompt.Raw("The bird sang"), new() { MaxTokens = 8 })) { }
session.Replace(0, "The bird sang a song about the sea, and");
await foreach (var update in session.ContinueAsync(new() { MaxTokens = 12, Sampling = new Sampling.Greedy() }))
    if (update is DraftToken token) Console.Write(token.Text);
Console.WriteLine();
