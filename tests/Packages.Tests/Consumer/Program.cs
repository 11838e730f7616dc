using HybridGen;
using HybridGen.Plugin;
using HybridGen.Revising;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;

// One engine from a configuration; its models come with the packages.
var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("HybridGen:Threads", "2"), new("HybridGen:RequestTimeout", "00:05:00")]).Build();
var builder = Kernel.CreateBuilder();
builder.Services.AddHybridGenEngine(configuration.GetSection("HybridGen"));
builder.Services.AddHybridGenTextGeneration();
var kernel = builder.AddHybridGenFunctions().Build();
await using var services = (ServiceProvider)kernel.Services;

// Settings as a prompt's file has them.
var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["max_tokens"] = "12", ["seed"] = 3, ["raw"] = "true", ["policies"] = new List<string> { "spelling" } } };
var generated = await kernel.InvokePromptAsync("Once upon a time", new KernelArguments(settings));
var usage = ((HybridGenMetadata)generated.Metadata!).Usage;
Console.WriteLine($"generated: {usage.OutputTokenCount} tokens");

var revision = await services.GetRequiredService<HybridGenEngine>().ReviseAsync("I recieved teh packige.", ReviseOptions.Fix);
Console.WriteLine($"revised: {revision.Output}");

var function = kernel.Plugins.GetFunction("text", "explain_edits");
var edits = await function.InvokeAsync(new Microsoft.Extensions.AI.AIFunctionArguments { ["text"] = "I recieved it." });
Console.WriteLine($"explained: {edits}");
Console.WriteLine($"takes: {function.JsonSchema.GetProperty("properties").GetProperty("text").GetProperty("type")}");
