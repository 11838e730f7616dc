using System.Text.Json;

namespace HybridGen.Drafting.Tests.Chat;

/// <summary>What a real drafter writes, taken apart token by token.</summary>
public sealed class DraftedMessageTests : IAsyncLifetime
{
    private const string Written = "<think>hm</think>\n\nYes.\n<tool_call>{\"name\": \"note\", \"arguments\": {\"x\": 1}}</tool_call>";

    private static readonly DraftPrompt.Chat Prompt = new([new("user", "Go")]) { Tools = [new("note", "", JsonElement.Parse("""{"type": "object"}"""))] };
    private static readonly DraftOptions Held = new() { MaxTokens = 200, Sampling = new Sampling.Greedy(), Constraint = Exactly(Written) };

    private LlamaDrafter _drafter = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drafter = await LoadAsync("");

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Fact]
    public async Task Draft_AMessage_IsTakenApartWhileItIsWritten()
    {
        var draft = await Draft.CollectAsync(_drafter.DraftAsync(Prompt, Held, Token), Token);
        Assert.Equal(Written, draft.Text);
        Assert.Equal(("hm", "Yes."), (draft.Message.Thinking, draft.Message.Content));
        Assert.Equal(new ToolCall("call00001", "note", JsonElement.Parse("""{"x": 1}""")), Assert.Single(draft.Message.ToolCalls));
        Assert.Equal(Written, string.Concat(draft.Tokens.SelectMany(token => token.Pieces).Select(piece => piece.Span.Of(Written).ToString())));
        Assert.Equal(MessagePieceKind.ToolCall, draft.Tokens[^1].Pieces[^1].Kind);
    }

    [Fact]
    public async Task Draft_CutShort_LosesNothing()
    {
        var whole = await Draft.CollectAsync(_drafter.DraftAsync(Prompt, Held, Token), Token);
        for (var most = 1; most < whole.Tokens.Count; most += 3)
        {
            var draft = await Draft.CollectAsync(_drafter.DraftAsync(Prompt, Held with { MaxTokens = most }, Token), Token);
            Assert.Equal(draft.Text, string.Concat(draft.Message.Pieces.Select(piece => piece.Span.Of(draft.Text).ToString())));
        }
    }

    [Fact]
    public async Task Draft_WithoutTools_HasNoCalls()
    {
        var draft = await Draft.CollectAsync(_drafter.DraftAsync(Prompt with { Tools = [] }, Held, Token), Token);
        Assert.Equal(("hm", Written[(Written.IndexOf("Yes", StringComparison.Ordinal))..], 0), (draft.Message.Thinking, draft.Message.Content, draft.Message.ToolCalls.Count));
    }

    [Fact]
    public async Task Draft_ThePromptOpensThinking_IsThought()
    {
        await using var drafter = await LoadAsync("<think>");
        var draft = await Draft.CollectAsync(drafter.DraftAsync(Prompt, new() { MaxTokens = 5, Sampling = new Sampling.Greedy() }, Token), Token);
        Assert.Equal((draft.Text.TrimStart(), ""), (draft.Message.Thinking, draft.Message.Content));
    }

    /// <summary>A draft that goes on knows what stands there.</summary>
    [Fact]
    public async Task Continue_AfterAPartOfAMessage_ReadsOn()
    {
        var session = _drafter.StartSession();
        await Draft.CollectAsync(session.DraftAsync(Prompt, Held with { Constraint = Exactly("<think>h") }, Token), Token);
        var rest = await Draft.CollectAsync(session.ContinueAsync(Held with { Constraint = Exactly("m</think>Yes.") }, Token), Token);
        Assert.Equal(("m", "Yes."), (rest.Message.Thinking, rest.Message.Content));
        Assert.Equal(rest.Text, string.Concat(rest.Message.Pieces.Select(piece => piece.Span.Of(rest.Text).ToString())));
    }

    [Fact]
    public async Task Restore_AConversationWithTools_IsTheConversation()
    {
        var path = Path.GetTempFileName();
        var session = _drafter.StartSession();
        await Draft.CollectAsync(session.DraftAsync(Prompt with { IsThinking = true }, Held with { Constraint = Exactly("Yes. ") }, Token), Token);
        await session.SaveAsync(path, Token);
        var restored = _drafter.StartSession();
        await restored.RestoreAsync(path, Token);
        File.Delete(path);
        var rest = await Draft.CollectAsync(restored.ContinueAsync(Held with { Constraint = Exactly("<tool_call>{\"name\": \"note\", \"arguments\": {}}</tool_call>") }, Token), Token);
        Assert.Equal("note", Assert.Single(rest.Message.ToolCalls).Name);
    }

    /// <summary>A grammar that lets nothing else be written.</summary>
    private static OutputConstraint.Gbnf Exactly(string text) => new($"root ::= \"{text.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");

    private static Task<LlamaDrafter> LoadAsync(string opens) => LlamaDrafter.LoadAsync(
        new() { ModelPath = Repository.MiniDrafter, ChatTemplate = ChatTemplate.Parse($"{{{{ tools|tojson if tools }}}}{{% for m in messages %}}{{{{ m.content }}}}{{% endfor %}}{{# <tool_call> </think> #}}{opens}") }, cancellationToken: Token);
}
