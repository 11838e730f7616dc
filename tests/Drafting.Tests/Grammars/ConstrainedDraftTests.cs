namespace HybridGen.Drafting.Tests;

/// <summary>Drafts of the shipped model that follow a grammar.</summary>
public sealed class ConstrainedDraftTests : IAsyncLifetime
{
    private LlamaDrafter _drafter = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, Threads = 1 }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Theory]
    [MemberData(nameof(Samplings), DisableDiscoveryEnumeration = true)]
    public async Task Draft_Grammar_IsFollowedToItsEnd(Sampling sampling)
    {
        var draft = await DraftAsync("root ::= \" \" [A-Z] [a-z]{3,8} \", \" [0-9]{3} \" sheep é😀.\"", sampling);
        Assert.Matches(@"^ [A-Z][a-z]{3,8}, [0-9]{3} sheep é😀\.$", draft.Text);
        Assert.Equal(StopReason.EndOfText, draft.Completion.Reason);
        Assert.All(draft.Tokens, token => Assert.Equal(token.Text, token.Span.Of(draft.Text).ToString()));
    }

    public static TheoryData<Sampling> Samplings => [new Sampling.Greedy(), new Sampling.Greedy { Penalties = new() { Repetition = 1.3 } }, new Sampling.Random { Temperature = 3, TopK = 3, Seed = 5 }, new Sampling.Mirostat1 { Seed = 1 }, new Sampling.Mirostat2 { Seed = 1 }];

    /// <summary>The token is the best of those that are allowed, although only the best of all is looked at first; and the model's own view is reported.</summary>
    [Fact]
    public async Task Draft_GreedyGrammar_TakesTheBestThatIsAllowed()
    {
        const string Grammar = "root ::= ([^aeou ]* \" \")+";
        var draft = await DraftAsync(Grammar, new Sampling.Greedy(), 20);
        var free = await Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw("The old town"), new() { MaxTokens = 1, Sampling = new Sampling.Greedy(), Alternatives = 64 }, Token), Token);
        Assert.Equal(free.Tokens[0].Alternatives, draft.Tokens[0].Alternatives);
        Assert.DoesNotContain(draft.Text, character => "aeou".Contains(character, StringComparison.Ordinal));
        foreach (var (place, token) in draft.Tokens.Index())
            if (token.Alternatives.Select((other, rank) => (other, rank)).FirstOrDefault(pair => pair.other.Id == token.Id) is { other.Text: not null } chosen)
                Assert.All(token.Alternatives.Take(chosen.rank), better => Assert.False(IsAllowed(Grammar, string.Concat(draft.Tokens.Take(place).Select(earlier => earlier.Text)), better.Text)));
    }

    [Fact]
    public async Task Draft_MaxTokensInsideTheGrammar_SaysSo()
    {
        var draft = await DraftAsync("root ::= [a-z ]{200} \"!\"", new Sampling.Greedy(), 5);
        Assert.Equal((StopReason.MaxTokens, 5), (draft.Completion.Reason, draft.Tokens.Count));
    }

    /// <summary>A character whose bytes are several tokens, and the stop string that ends with it.</summary>
    [Fact]
    public async Task Draft_CharacterOverSeveralTokens_IsWholeOrAbsent()
    {
        var whole = await DraftAsync("root ::= \"a😀b\"", new Sampling.Greedy());
        Assert.Equal("a😀b", whole.Text);
        Assert.True(whole.Tokens.Count > 3);
        for (var tokens = 1; tokens < whole.Tokens.Count; tokens++) Assert.StartsWith((await DraftAsync("root ::= \"a😀b\"", new Sampling.Greedy(), tokens)).Text, "a😀b", StringComparison.Ordinal);
        var options = new DraftOptions { MaxTokens = 60, Constraint = new OutputConstraint.Gbnf("root ::= \"a😀b\""), StopStrings = ["😀b", "😀"] };
        var stopped = await Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw("The old town"), options, Token), Token);
        Assert.Equal(("a", "😀"), (stopped.Text, stopped.Completion.StopString));
    }

    /// <summary>Where the grammar is complete but may go on, the model decides.</summary>
    [Fact]
    public async Task Draft_GrammarThatAllowsAnything_IsTheFreeDraft()
    {
        var free = await Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw("The old town"), new() { MaxTokens = 20, Sampling = new Sampling.Random { Seed = 3 } }, Token), Token);
        Assert.Equal(free.Text, (await DraftAsync("root ::= .*", new Sampling.Random { Seed = 3 }, 20)).Text);
    }

    [Fact]
    public async Task Draft_BiasBansWhatTheGrammarNeeds_IsRefused()
    {
        var digits = "0123456789".Select(digit => new LogitBias.OfText(digit.ToString(), LogitBias.Banned)).ToArray();
        var failure = await Assert.ThrowsAsync<DraftingException>(() => DraftAsync("root ::= [0-9]", new Sampling.Greedy { LogitBias = digits }));
        Assert.Contains("Constraint", failure.Message, StringComparison.Ordinal);
    }

    private static bool IsAllowed(string grammar, string before, string next) =>
        next.Length > 0 && GrammarState.Start(new OutputConstraint.Gbnf(grammar).Grammar).After(System.Text.Encoding.UTF8.GetBytes(before + next)) is not null;

    private Task<Draft> DraftAsync(string grammar, Sampling sampling, int tokens = 60) => Draft.CollectAsync(
        _drafter.DraftAsync(new DraftPrompt.Raw("The old town"), new() { MaxTokens = tokens, Sampling = sampling, Alternatives = 64, Constraint = new OutputConstraint.Gbnf(grammar) }, Token), Token);
}
