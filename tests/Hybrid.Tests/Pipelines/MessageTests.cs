using System.Runtime.CompilerServices;
using System.Text.Json;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests.Pipelines;

/// <summary>What a model thinks and calls comes back byte for byte; what it says is revised.</summary>
public class MessageTests
{
    private const string Thought = "It is definately from a freind. I think so.";
    private const string Said = "He recieved a letter. He beleived it at once.";
    private const string Call = "<tool_call>{\"name\": \"note\", \"arguments\": {\"text\": \"It is definately from a freind.\"}}</tool_call>";
    private const string After = "That was teh answer.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> All => [0, 1, 2];

    private static Pipeline[] Pipelines => [new Pipeline.DraftThenRevise(), new Pipeline.Overlapped { BlockTokens = 3 }, new Pipeline.Interleaved { BlockTokens = 3 }];

    [Theory]
    [MemberData(nameof(All))]
    public async Task OnlyWhatIsSaidIsRevised(int pipeline)
    {
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = null }, (_, _, _) => Task.FromResult<IDrafter>(new MessageDrafter()));
        var generation = await engine.GenerateAsync(DraftPrompt.User("Go"), new() { Revise = ReviseOptions.Fix, Pipeline = Pipelines[pipeline] }, Token);
        Assert.Equal($"<think>{Thought}</think>\n\n{Said}\n{Call}\n{After}", generation.Draft.Text);
        Assert.Equal($"<think>{Thought}</think>\n\nHe received a letter. He believed it at once.\n{Call}\nThat was the answer.", generation.Text);
        Assert.Equal((Thought, "He received a letter. He believed it at once.That was the answer."), (generation.Thinking, generation.Content));
        Assert.Equal("It is definately from a freind.", Assert.Single(generation.ToolCalls).Arguments.GetProperty("text").GetString());
        Assert.Equal(generation.Draft.Text, string.Concat(generation.Draft.Message.Pieces.Select(piece => piece.Span.Of(generation.Draft.Text).ToString())));
        Assert.Equal(generation.Text, Revision.Apply(generation.Draft.Text, generation.Revision!.Edits));
    }

    [Fact]
    public async Task WithoutMarksAllIsContent()
    {
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = null }, (_, _, _) => Task.FromResult<IDrafter>(new FakeDrafter(Said)));
        var generation = await engine.GenerateAsync(DraftPrompt.User("Go"), new() { Revise = ReviseOptions.Fix }, Token);
        Assert.Equal((null, generation.Text, 0), (generation.Thinking, generation.Content, generation.ToolCalls.Count));
    }

    /// <summary>Drafts a message of all kinds of pieces, a word a token, also in blocks; a call is certain with its last token.</summary>
    private sealed class MessageDrafter : ISessionDrafter, IDraftSession
    {
        private static readonly (string Text, MessagePieceKind Kind)[] Parts =
            [("<think>", MessagePieceKind.Mark), (Thought, MessagePieceKind.Thinking), ("</think>\n\n", MessagePieceKind.Mark), (Said, MessagePieceKind.Content), ("\n", MessagePieceKind.Mark), (Call, MessagePieceKind.ToolCall), ("\n", MessagePieceKind.Mark), (After, MessagePieceKind.Content)];

        private readonly List<(string Text, MessagePieceKind Kind, bool EndsPart)> _words = [.. Parts.SelectMany(part => part.Text.Trim().Length == 0 ? [(part.Text, part.Kind, true)] : part.Text.Split(' ').Select((word, i) => (i == 0 ? word : " " + word, part.Kind, false)).SkipLast(1).Append((Last(part.Text), part.Kind, true)))];
        private int _next;

        public string ModelId => "fake";

        public string Text { get; private set; } = "";

        public IDraftSession StartSession() => this;

        public IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default) => ContinueAsync(options, cancellationToken);

        public async IAsyncEnumerable<DraftUpdate> ContinueAsync(DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var (text, open, all) = ("", 0, new List<MessagePiece>());
            for (var count = 0; count < options.MaxTokens && _next < _words.Count; count++, _next++)
            {
                await Task.Yield();
                var word = _words[_next];
                var span = new TextSpan(text.Length, word.Text.Length);
                text += word.Text;
                Text += word.Text;
                List<MessagePiece> pieces = word.Kind != MessagePieceKind.ToolCall || word.EndsPart ? [new MessagePiece(word.Kind, TextSpan.Between(open, text.Length)) { ToolCalls = word.Kind == MessagePieceKind.ToolCall ? [new ToolCall("1", "note", JsonElement.Parse(Call[11..^12]).GetProperty("arguments"))] : [] }] : [];
                if (pieces.Count > 0) open = text.Length;
                all.AddRange(pieces);
                yield return new DraftToken(_next, word.Text, span, -1, 1, []) { Pieces = pieces };
            }

            yield return new DraftCompleted(_next < _words.Count ? StopReason.MaxTokens : StopReason.EndOfText, 1, TimeSpan.Zero, TimeSpan.Zero) { Message = DraftedMessage.Of(text, open < text.Length ? [.. all, new(MessagePieceKind.Content, TextSpan.Between(open, text.Length))] : all) };
        }

        public void Replace(int from, string text) => Text = Text[..from] + text;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static string Last(string text) => text.LastIndexOf(' ') is >= 0 and var at ? text[at..] : text;
    }
}
