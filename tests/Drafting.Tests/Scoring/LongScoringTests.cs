namespace HybridGen.Drafting.Tests;

/// <summary>Texts of any length: one sequence as far as the context goes, windows beyond.</summary>
public sealed class LongScoringTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Also where it is longer than what is read at once, and than the texts that a judge reads.</summary>
    [Fact]
    public async Task Score_TextUpToTheContext_IsWhatTheDraftReported()
    {
        await using var drafter = await LoadAsync(contextSize: 3000);
        var prompt = Story(2400, drafter);
        var draft = await DraftAsync(drafter, prompt, 40);
        var scored = (await drafter.ScoreAsync(prompt + draft.Text, Token)).Where(token => token.Span.Start >= prompt.Length).ToList();
        Assert.Equal(draft.Tokens.Select(token => token.Id!.Value), scored.Select(token => token.Id));
        Assert.All(draft.Tokens.Zip(scored), pair => Assert.Equal(pair.First.LogProbability!.Value, pair.Second.LogProbability!.Value, 1e-3));
    }

    /// <summary>A text beyond the context: its beginning as ever, and the rest as a text that begins with the second half of what was read before.</summary>
    [Fact]
    public async Task Score_TextBeyondTheContext_IsReadInWindowsThatOverlapByHalf()
    {
        const int Size = 101;
        await using var whole = await LoadAsync(contextSize: 1024);
        await using var small = await LoadAsync(contextSize: Size);
        var text = Story(400, whole);
        var (expected, scored) = (await whole.ScoreAsync(text, Token), await small.ScoreAsync(text, Token));
        Assert.Equal(expected.Select(token => (token.Id, token.Span)), scored.Select(token => (token.Id, token.Span)));
        // The begin-of-text token takes a place of each window.
        var windows = ScoringWindow.Cut(scored.Count + 1, 1, Size).ToList();
        Assert.InRange(windows.Count, 7, 9);
        foreach (var window in windows)
        {
            var start = scored[window.Start - 1].Span.Start;
            var alone = await whole.ScoreAsync(text[start..scored[window.End - 1].Span.End], Token);
            Assert.Equal(scored.Take(window.End).Skip(window.Start - 1).Select(token => token.Id), alone.Select(token => token.Id));
            for (var i = window.From; i <= window.End; i++) Assert.Equal(alone[i - window.Start].LogProbability!.Value, scored[i - 1].LogProbability!.Value, 1e-3);
        }
    }

    [Fact]
    public async Task Score_LongTextCancelled_ThrowsAndTheNextIsWhole()
    {
        await using var drafter = await LoadAsync(contextSize: 101);
        var expected = await drafter.ScoreAsync("The old town", Token);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var scoring = drafter.ScoreAsync(Story(100_000, drafter), cancel.Token);
        await Task.Delay(50, Token);
        await cancel.CancelAsync();
        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scoring)).CancellationToken);
        Assert.Equal(expected, await drafter.ScoreAsync("The old town", Token));
    }

    /// <summary>However many rows are left for the last decode, none is computed alone, which is done in another way.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(62)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData((62 * 9) + 1)]
    [InlineData((63 * 9) + 1)]
    public async Task Score_AnyNumberOfRows_IsWhatTheDraftReported(int rows)
    {
        await using var drafter = await LoadAsync(contextSize: 1024, Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
        var prompt = Story(rows, drafter);
        Assert.Equal(rows, (await drafter.ScoreAsync(prompt, Token)).Count);
        var draft = await DraftAsync(drafter, prompt, 1);
        var scored = await drafter.ScoreAsync(prompt + draft.Text, Token);
        Assert.Equal(draft.Tokens[0].Id, scored[^1].Id);
        Assert.Equal(draft.Tokens[0].LogProbability!.Value, scored[^1].LogProbability!.Value, 1e-4);
    }

    /// <summary>A variant that is one row, and a passage of which one row is wanted.</summary>
    [Fact]
    public async Task DraftAsync_WhileALongTextIsScored_DoesNotWaitForItsEnd()
    {
        await using var drafter = await LoadAsync(contextSize: 1024);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var scoring = drafter.ScoreAsync(Story(200_000, drafter), cancel.Token);
        var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw("The old town"), new() { MaxTokens = 4 }, Token), Token);

        Assert.Equal((4, false), (draft.Tokens.Count, scoring.IsCompleted));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scoring);
    }

    [Fact]
    public async Task Compare_OneRow_IsTheDifferenceOfWholeTexts()
    {
        await using var drafter = await LoadAsync(contextSize: 512, Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
        const string Text = "The sea was calm, and the town was quiet.";
        var score = (await drafter.CompareAsync([new(Text, [new(new TextSpan(12, 4), "warm")])], 1, Token)).Scores[0][0];
        var (sea, changed) = (await drafter.ScoreLedAsync(Text, Token), await drafter.ScoreLedAsync(Text.Replace("calm", "warm", StringComparison.Ordinal), Token));
        Assert.Equal((" calm", ","), (sea[3].Span.Of(Text).ToString(), sea[4].Span.Of(Text).ToString()));
        Assert.Equal(changed[3].LogProbability!.Value + changed[4].LogProbability!.Value - sea[3].LogProbability!.Value - sea[4].LogProbability!.Value, score.LogRatio, 1e-3);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(1, 100)]
    public void Cut_AnyText_ScoresEveryTokenOnceWithinTheSize(int lead, int size)
    {
        for (var tokens = lead; tokens < 60; tokens++)
        {
            var windows = ScoringWindow.Cut(tokens, lead, size).ToList();
            Assert.Equal(Enumerable.Range(1, Math.Max(0, tokens - 1)), windows.SelectMany(window => Enumerable.Range(window.From, window.End - window.From + 1)));
            Assert.All(windows, window => Assert.InRange(lead + window.End - window.Start, 1, size));
            Assert.All(windows.Skip(1), window => Assert.True(window.From - window.Start > (size - lead) / 2));
        }
    }

    /// <summary>A text of so many tokens, all of which begin where a word does.</summary>
    private static string Story(int tokens, LlamaDrafter drafter)
    {
        string[] words = [" sea", " was", " old", " and", " the", " town", " had", " a", " good", " day", " in", " it"];
        var text = "The" + string.Concat(Enumerable.Range(0, tokens - 1).Select(i => words[(int)((((long)i * i) + (i / 7)) % words.Length)]));
        Assert.Equal(tokens, drafter.Vocabulary.Tokenize(text, isFirst: false, isControl: false).Count);
        return text;
    }

    private static Task<LlamaDrafter> LoadAsync(int contextSize, string? path = null) =>
        LlamaDrafter.LoadAsync(new() { ModelPath = path ?? Repository.MiniDrafter, ContextSize = contextSize, IsBatchInvariant = true }, cancellationToken: Token);

    private static Task<Draft> DraftAsync(LlamaDrafter drafter, string prompt, int tokens) =>
        Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw(prompt), new() { MaxTokens = tokens, Sampling = new Sampling.Greedy() }, Token), Token);
}
