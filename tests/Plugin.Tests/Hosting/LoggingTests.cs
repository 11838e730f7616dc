using HybridGen.Drafting;
using HybridGen.Revising;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HybridGen.Plugin.Tests.Hosting;

public sealed class LoggingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_IsLoggedUnderStableIdsAndTextsAtTraceAlone()
    {
        var (log, provider) = Engine(LogLevel.Trace);
        await using (provider)
        {
            var engine = provider.GetRequiredService<HybridGenEngine>();
            await engine.GenerateAsync(DraftPrompt.User("a secret"), new() { Draft = new() { MaxTokens = 4 } }, Token);
            await engine.ReviseAsync("I recieved teh packige.", ReviseOptions.Fix, cancellationToken: Token);
        }

        Assert.Equal([(1, LogLevel.Information), (9, LogLevel.Trace), (1, LogLevel.Information), (4, LogLevel.Debug), (3, LogLevel.Debug), (10, LogLevel.Trace), (4, LogLevel.Debug)], log.Entries.Select(entry => (entry.Id, entry.Level)));
        Assert.All(log.Entries, entry => Assert.Equal(entry.Id == 9, entry.Text.Contains("a secret", StringComparison.Ordinal)));
        Assert.Contains(log.Entries, entry => entry.Id == 1 && entry.Text.Contains("drafter.gguf", StringComparison.Ordinal));
        Assert.Contains(log.Entries, entry => entry.Id == 4 && entry.Text.Contains("4 words: 3 edits", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Work_WithoutTrace_LeavesNoText()
    {
        var (log, provider) = Engine(LogLevel.Debug);
        await using (provider) await provider.GetRequiredService<HybridGenEngine>().GenerateAsync(DraftPrompt.User("a secret"), new() { Draft = new() { MaxTokens = 4 }, Revise = null }, Token);
        Assert.Equal([1, 3], log.Entries.Select(entry => entry.Id));
    }

    [Fact]
    public async Task Failures_HaveALevelByTheirKind()
    {
        var log = new Recorder(LogLevel.Debug);
        using var factory = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        await using var engine = new HybridGenEngine(new HybridGenOptions { DrafterPath = "none.gguf", RefinerPath = "nowhere", JudgePath = null, RequestTimeout = TimeSpan.FromTicks(1) }, factory);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ReviseAsync("a", cancellationToken: new CancellationToken(canceled: true)));
        await Assert.ThrowsAnyAsync<Exception>(() => engine.LoadAsync(refiner: false, cancellationToken: Token));
        Assert.Equal([(8, LogLevel.Debug), (2, LogLevel.Error)], log.Entries.Select(entry => (entry.Id, entry.Level)));
    }

    private static (Recorder Log, ServiceProvider Provider) Engine(LogLevel least)
    {
        var log = new Recorder(least);
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        services.AddHybridGen(settings => settings.JudgePath = "");
        return (log, services.BuildServiceProvider());
    }

    private sealed class Recorder(LogLevel least) : ILoggerProvider, ILogger
    {
        public List<(int Id, LogLevel Level, string Text)> Entries { get; } = [];

        public ILogger CreateLogger(string categoryName)
        {
            Assert.Equal("HybridGen.HybridGenEngine", categoryName);
            return this;
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Entries) Entries.Add((eventId.Id, logLevel, formatter(state, exception)));
        }

        public void Dispose() { }
    }
}
