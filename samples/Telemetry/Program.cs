// dotnet run --project samples/Telemetry [ENDPOINT]
// Spans and metrics of the shipped pair, exported by OTLP over HTTP to a collector: http://localhost:4318, OTEL_EXPORTER_OTLP_ENDPOINT, or the one that is named.
using System.Diagnostics;
using HybridGen;
using HybridGen.Drafting;
using HybridGen.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

var named = args is [var endpoint, ..] ? new Uri(endpoint) : null;
using var source = new ActivitySource("Sample");
using var tracing = Sdk.CreateTracerProviderBuilder()
    .ConfigureResource(resource => resource.AddService("hybridgen-sample"))
    .AddSource("Sample", HybridGenTelemetry.SourceName)
    .AddOtlpExporter(options => To("v1/traces", options))
    .Build();
using var metrics = Sdk.CreateMeterProviderBuilder()
    .ConfigureResource(resource => resource.AddService("hybridgen-sample"))
    .AddMeter(HybridGenTelemetry.MeterName)
    .AddOtlpExporter(options => To("v1/metrics", options))
    .Build();

await using (var engine = new HybridGenEngine())
using (source.StartActivity("letter"))
{
    var generation = await engine.GenerateAsync(DraftPrompt.User("Once upon a time"), new() { Draft = new() { MaxTokens = 24, Sampling = new Sampling.Random { Seed = 5 } } });
    Console.WriteLine(generation.Text);
    Console.WriteLine((await engine.ReviseAsync("I recieved teh packige.")).Output);
}

// What is still held is sent now; where nobody takes it, it is dropped.
tracing.ForceFlush();
metrics.ForceFlush();
Console.WriteLine($"Spans and metrics went to {named?.ToString() ?? Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") ?? "http://localhost:4318"}");

void To(string signal, OtlpExporterOptions options)
{
    options.Protocol = OtlpExportProtocol.HttpProtobuf;
    // An address that is set here is taken as it is; one of the environment, or the usual one, is completed.
    if (named is not null) options.Endpoint = new Uri(named, signal);
}
