using System.Text.Json;
using CsCheck;

namespace HybridGen.Drafting.Tests;

/// <summary>JSON that the shipped model drafts, as wildly as it can.</summary>
public sealed class JsonDraftTests : IAsyncLifetime
{
    private LlamaDrafter _drafter = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, Threads = 1 }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Fact]
    public async Task Draft_AnySchema_IsValid()
    {
        var complete = 0;
        await Gen.Select(Schemas.Cases, Gen.UInt).SampleAsync(async (one, seed) =>
        {
            var draft = await DraftAsync(OutputConstraint.JsonSchema.Parse(one.Schema), new Sampling.Random { Temperature = 1.5, Seed = seed });
            if (draft.Completion.Reason != StopReason.EndOfText) return;
            complete++;
            Assert.True(Schemas.IsValid(one.Schema, draft.Text), draft.Text);
        }, iter: 20, threads: 1);
        Assert.InRange(complete, 10, 20);
    }

    [Fact]
    public async Task Draft_SchemaWithBoundedParts_ComesToItsEnd()
    {
        const string Schema = """{"type":"object","properties":{"name":{"type":"string","minLength":3,"maxLength":20},"age":{"type":"integer","minimum":0,"maximum":120},"tags":{"type":"array","items":{"enum":["sea","town","museum"]},"minItems":1,"maxItems":3}},"required":["name","age","tags"],"additionalProperties":false}""";
        foreach (var sampling in new Sampling[] { new Sampling.Greedy(), new Sampling.Random { Temperature = 3, Seed = 1 }, new Sampling.Mirostat2 { Seed = 2 }, new Sampling.Greedy { Penalties = new() { Repetition = 1.5 } } })
        {
            var draft = await DraftAsync(OutputConstraint.JsonSchema.Parse(Schema), sampling);
            Assert.Equal(StopReason.EndOfText, draft.Completion.Reason);
            Assert.True(Schemas.IsValid(Schema, draft.Text), draft.Text);
        }
    }

    [Fact]
    public async Task Draft_AnyJson_IsJson()
    {
        var draft = await DraftAsync(new OutputConstraint.AnyJson(), new Sampling.Random { Seed = 4 });
        if (draft.Completion.Reason == StopReason.EndOfText) JsonDocument.Parse(draft.Text).Dispose();
        Assert.Matches("^([{\\[\"\\-0-9]|t|f|n)", draft.Text);
    }

    private Task<Draft> DraftAsync(OutputConstraint constraint, Sampling sampling) => Draft.CollectAsync(
        _drafter.DraftAsync(new DraftPrompt.Raw("A person as JSON:\n"), new() { MaxTokens = 120, Sampling = sampling, Alternatives = 0, Constraint = constraint }, Token), Token);
}
