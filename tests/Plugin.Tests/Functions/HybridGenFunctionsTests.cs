using System.Text.Json;
using HybridGen.Plugin.Functions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin.Tests.Functions;

public class HybridGenFunctionsTests(MiniEngine mini)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void EveryFunctionAndParameter_IsDescribed()
    {
        var plugin = Plugin();
        Assert.Equal(["explain_edits", "fix_spelling", "infill", "make_consistent", "revise", "score"], plugin.Select(function => function.Name).Order());
        Assert.All(plugin, function =>
        {
            Assert.NotEqual("", function.Description);
            Assert.NotEqual("", function.Metadata.ReturnParameter.Description);
            Assert.All(function.Metadata.Parameters, parameter => Assert.NotEqual("", parameter.Description));
            Assert.Contains(function.Metadata.Parameters, parameter => parameter is { Name: "text", IsRequired: true });
        });
    }

    [Theory]
    [InlineData("fix_spelling", "It's \"A & B\" <recieved>, teh man's.\r\n\tI beleived it.", "It's \"A & B\" <recieved>, the man's.\r\n\tI believed it.")]
    [InlineData("make_consistent", "Mr Holloway sat. Holloway ate, and Holloway slept. Hollowey teh man woke.", "Mr Holloway sat. Holloway ate, and Holloway slept. Holloway teh man woke.")]
    public async Task Text_ArrivesAsItIsAndComesBackCorrected(string function, string text, string expected) =>
        Assert.Equal(expected, await InvokeAsync<string>(function, new() { ["text"] = text }));

    [Fact]
    public async Task Revise_ChangesWhatExplainEditsExplains()
    {
        const string Text = "He recieved teh letter.";
        var edits = await InvokeAsync<IReadOnlyList<ExplainedEdit>>("explain_edits", new() { ["text"] = Text });
        Assert.Equal("He received the letter.", await InvokeAsync<string>("revise", new() { ["text"] = Text }));
        Assert.Equal([(3, "recieved", "received"), (12, "teh", "the")], edits!.Select(edit => (edit.Position, edit.Before, edit.After)));
        Assert.All(edits!, edit => Assert.EndsWith(".", edit.Reason, StringComparison.Ordinal));
        Assert.Contains("\"position\":3,", JsonSerializer.Serialize(edits), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Teh\n Recieved\n")]
    [InlineData("Teh, Recieved")]
    [InlineData(" [\"Teh\", \"Recieved\", null]")]
    public async Task Keep_TermsStay(string keep) => Assert.Equal(
        "We read Teh Recieved again, and he received the book.",
        await InvokeAsync<string>("fix_spelling", new() { ["text"] = "We read Teh Recieved again, and he recieved teh book.", ["keep"] = keep }));

    [Fact]
    public async Task Keep_AnArrayThatAKernelHasMadeAText_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => InvokeAsync<string>("fix_spelling", new() { ["text"] = "Teh", ["keep"] = (string[])["Teh"] }));
        Assert.Contains("one term on each line", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_NamesTheMostDoubtfulFirst()
    {
        var words = await InvokeAsync<IReadOnlyList<DoubtfulWord>>("score", new() { ["text"] = "The old man sat in teh garden and read.", ["most"] = 2 });
        Assert.InRange(words!.Count, 1, 2);
        Assert.Equal(words.OrderByDescending(word => word.Suspicion), words);
    }

    /// <summary>As a prompt template writes what a function found.</summary>
    [Theory]
    [InlineData("score", "^(\\d+: .+, perhaps .+\n?)+$")]
    [InlineData("explain_edits", "^15: teh -> the\\. .+$")]
    public async Task Found_AsText_IsALineEach(string function, string expected)
    {
        var found = await new Kernel().InvokeAsync(Plugin()[function], new() { ["text"] = "The man sat in teh garden." }, Token);
        Assert.Matches(expected, found.ToString());
    }

    [Fact]
    public async Task Infill_WithoutAGap_IsRefusedWithAHint()
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => InvokeAsync<string>("infill", new() { ["text"] = "She went home." }));
        Assert.Contains("[_]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Builder_AddsThemOverTheEngineOfTheContainer()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGenEngine(serviceId: "small").AddHybridGenFunctions(serviceId: "small", pluginName: "proof").Build();
        await using var services = (ServiceProvider)kernel.Services;
        Assert.Equal("He read the book.", await kernel.InvokeAsync<string>("proof", "fix_spelling", new() { ["text"] = "He read teh book." }, Token));
    }

    [Fact]
    public async Task MissingRefiner_IsAKernelExceptionThatNamesIt()
    {
        await using var engine = new HybridGenEngine(new() { RefinerPath = "/nowhere" });
        var failure = await Assert.ThrowsAsync<KernelException>(() => new HybridGenFunctions(engine).FixSpellingAsync("a", cancellationToken: Token));
        Assert.Contains("/nowhere", failure.Message, StringComparison.Ordinal);
    }

    private KernelPlugin Plugin() => new KernelPluginCollection().AddHybridGenFunctions(mini.Engine);

    private async Task<T?> InvokeAsync<T>(string function, KernelArguments arguments) => (await new Kernel().InvokeAsync(Plugin()[function], arguments, Token)).GetValue<T>();
}
