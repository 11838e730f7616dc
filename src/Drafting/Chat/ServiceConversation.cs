using System.Text.Json;
using Microsoft.Extensions.AI;

namespace HybridGen.Drafting;

/// <summary>A conversation as chat services are given it.</summary>
internal static class ServiceConversation
{
    public static List<ChatMessage> Messages(DraftPrompt prompt) => prompt switch
    {
        DraftPrompt.Chat chat => [.. chat.Turns.Select(Message)],
        DraftPrompt.Raw raw => [new ChatMessage(ChatRole.User, raw.Text)],
        _ => throw new ArgumentException($"{prompt.GetType().Name} is not a kind of prompt that is known.", nameof(prompt)),
    };

    public static ChatOptions Options(DraftPrompt prompt, DraftOptions options)
    {
        var random = options.Sampling as Sampling.Random;
        var (tools, required) = prompt is DraftPrompt.Chat chat ? (chat.Tools, RequiredCall.Of(chat)) : ([], []);
        // A service can be told of one, or of all that it is given.
        if (required.Count > 1) tools = required;
        return new ChatOptions
        {
            MaxOutputTokens = options.MaxTokens,
            Temperature = random is null ? 0 : (float)random.Temperature,
            TopP = (float?)random?.TopP,
            TopK = random is { TopK: > 0 } ? random.TopK : null,
            Seed = random?.Seed,
            FrequencyPenalty = (float?)options.Sampling.Penalties?.Frequency,
            PresencePenalty = (float?)options.Sampling.Penalties?.Presence,
            StopSequences = options.StopStrings.Count > 0 ? [.. options.StopStrings] : null,
            Tools = tools.Count > 0 ? [.. tools.Select(tool => AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.Parameters))] : null,
            ToolMode = required.Count switch { 0 => null, 1 => ChatToolMode.RequireSpecific(required[0].Name), _ => ChatToolMode.RequireAny },
        };
    }

    /// <summary>The arguments of a call as JSON.</summary>
    public static ToolCall Call(FunctionCallContent call) =>
        new(call.CallId, call.Name, JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))));

    private static ChatMessage Message(ChatTurn turn)
    {
        if (turn.Role == "tool")
            return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(turn.ToolCallId ?? throw new DraftingException("A tool's turn has no ToolCallId, so a chat service cannot know which call it answers."), turn.Content)]);
        var contents = new List<AIContent>();
        if (turn.Thinking is { Length: > 0 } thinking) contents.Add(new TextReasoningContent(thinking));
        if (turn.Content.Length > 0 || turn.ToolCalls.Count == 0) contents.Add(new TextContent(turn.Content));
        contents.AddRange(turn.ToolCalls.Select(call => new FunctionCallContent(call.Id, call.Name, Arguments(call.Arguments))));
        return new ChatMessage(new ChatRole(turn.Role), contents);
    }

    private static Dictionary<string, object?> Arguments(JsonElement arguments) => arguments.EnumerateObject().ToDictionary(pair => pair.Name, pair => (object?)pair.Value);
}

/// <summary>A service's answer as a message whose pieces tile the draft.</summary>
internal sealed class ServiceMessage
{
    private readonly List<MessagePiece> _pieces = [];
    private readonly Queue<ToolCall> _calls = [];
    private string _text = "";

    /// <summary>The message so far; <see langword="null"/> where all of it is content.</summary>
    public DraftedMessage? Message => _pieces.TrueForAll(piece => piece.Kind == MessagePieceKind.Content) ? null : DraftedMessage.Of(_text, _pieces);

    /// <summary>The parts of an update; a call is written as JSON.</summary>
    public IEnumerable<(MessagePieceKind Kind, string Text)> Read(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            if (content is TextReasoningContent { Text.Length: > 0 } thinking) yield return (MessagePieceKind.Thinking, thinking.Text);
            if (content is TextContent { Text.Length: > 0 } said) yield return (MessagePieceKind.Content, said.Text);
            if (content is not FunctionCallContent function) continue;
            var call = ServiceConversation.Call(function);
            _calls.Enqueue(call);
            yield return (MessagePieceKind.ToolCall, JsonSerializer.Serialize(new() { ["name"] = call.Name, ["arguments"] = call.Arguments }, DraftingJson.Default.DictionaryStringObject));
        }
    }

    /// <summary>Gives a token its place in the whole draft.</summary>
    public DraftToken Placed(DraftToken token, MessagePieceKind kind = MessagePieceKind.Content)
    {
        var span = new TextSpan(_text.Length, token.Text.Length);
        var piece = new MessagePiece(kind, span) { ToolCalls = kind == MessagePieceKind.ToolCall ? [_calls.Dequeue()] : [] };
        _text += token.Text;
        if (span.Length == 0) return token with { Span = span };
        _pieces.Add(piece);
        return token with { Span = span, Pieces = [piece] };
    }
}
