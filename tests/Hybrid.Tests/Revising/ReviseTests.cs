using HybridGen.Editing;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests.Revising;

public sealed class ReviseTests : IAsyncLifetime
{
    private readonly HybridGenEngine _engine = new(new HybridGenOptions { RefinerPath = Repository.MiniModel });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task MisspelledWordsAreFixedAndTheRestComesBack()
    {
        const string Text = "I recieved teh packige yesterday.\r\n\t<|mask|> and <|blank|> stay.\r\n";
        var revision = await _engine.ReviseAsync(Text, ReviseOptions.Fix, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("I received the package yesterday.\r\n\t<|mask|> and <|blank|> stay.\r\n", revision.Output);
        Assert.Equal(revision.Output, Revision.Apply(Text, revision.Edits));
    }

    [Fact]
    public async Task CleanTextComesBackAsTheSameString()
    {
        const string Text = "She walked to the market and bought some bread.";
        var revision = await _engine.ReviseAsync(Text, ReviseOptions.Fix, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Same(Text, revision.Output);
        Assert.Empty(revision.Edits);
    }
}
