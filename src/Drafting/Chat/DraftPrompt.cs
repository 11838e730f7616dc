using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>What a draft starts from: a conversation, or a text to go on with.</summary>
public abstract record DraftPrompt
{
    private DraftPrompt() { }

    /// <summary>A conversation, rendered with the model's own chat template.</summary>
    /// <param name="Turns">The turns in order; the last is normally the user's, or a tool's.</param>
    /// <remarks>
    /// Control strings inside a turn stay text. Where the template refuses a system's turn, its text is put before the first user's, with a
    /// blank line between them. A model without a template is a plain text model: it goes on from the contents, joined by blank lines.
    /// </remarks>
    public sealed record Chat(IReadOnlyList<ChatTurn> Turns) : DraftPrompt
    {
        /// <summary>The tools that the model may call.</summary>
        /// <value>Default: none. A template that does not write them is refused: they are never left out in silence.</value>
        public IReadOnlyList<Tool> Tools { get; init => field = value ?? throw new ArgumentNullException(nameof(Tools)); } = [];

        /// <summary>Names of the tools of which the answer must call one: it is thinking, where the model thinks, and one call with arguments that its parameters allow.</summary>
        /// <remarks>
        /// The draft is held to the form in which the model's template writes calls; a template without such a form is refused, and parameters that
        /// no grammar can be made of (<see cref="SchemaNotSupportedException"/>). An answer that ends with <see cref="StopReason.MaxTokens"/> has no call.
        /// </remarks>
        /// <value>Default: none; the model says or calls what it likes.</value>
        public IReadOnlyList<string> RequiredTools { get; init => field = value ?? throw new ArgumentNullException(nameof(RequiredTools)); } = [];

        /// <summary>Whether a model that can do both thinks before it answers (the template's <c>enable_thinking</c>).</summary>
        /// <value><see langword="null"/> (default): as the template does by itself.</value>
        public bool? IsThinking { get; init; }

        /// <summary>Further variables of the template, such as <c>reasoning_effort</c>; they go before those of the same name.</summary>
        /// <value>Default: none.</value>
        public IReadOnlyDictionary<string, JsonElement> Variables { get; init => field = value ?? throw new ArgumentNullException(nameof(Variables)); } = new Dictionary<string, JsonElement>();

        /// <summary>Whether the conversations are the same, turn by turn and tool by tool.</summary>
        public bool Equals(Chat? other) => other is not null && Turns.SequenceEqual(other.Turns) && Tools.SequenceEqual(other.Tools) && RequiredTools.SequenceEqual(other.RequiredTools) && IsThinking == other.IsThinking
            && Variables.Count == other.Variables.Count && Variables.All(pair => other.Variables.TryGetValue(pair.Key, out var value) && JsonElement.DeepEquals(pair.Value, value));

        /// <inheritdoc/>
        public override int GetHashCode() => Turns.Aggregate(HashCode.Combine(Tools.Count, IsThinking), HashCode.Combine);
    }

    /// <summary>A text that the model simply goes on with; no template is applied.</summary>
    /// <param name="Text">The text; control strings inside it stay text.</param>
    public sealed record Raw(string Text) : DraftPrompt;

    /// <summary>A conversation of a single user turn.</summary>
    public static DraftPrompt User(string content) => new Chat([new ChatTurn("user", content)]);
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">The speaker as chat templates name it: <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>; only small letters and <c>_</c>.</param>
/// <param name="Content">What was said; of a tool, what it answered.</param>
public sealed record ChatTurn(string Role, string Content)
{
    /// <inheritdoc cref="ChatTurn(string, string)" path="/param[@name='Role']"/>
    /// <exception cref="ArgumentException">It has other characters: templates write it as it is, so it could pass for something else.</exception>
    public string Role { get; init => field = Checked(value); } = Checked(Role);

    /// <summary>The tools that an assistant called in this turn.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<ToolCall> ToolCalls { get; init => field = value ?? throw new ArgumentNullException(nameof(ToolCalls)); } = [];

    /// <summary>The call that a tool's turn answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The tool whose answer a tool's turn is.</summary>
    public string? ToolName { get; init; }

    /// <summary>What an assistant thought before it spoke.</summary>
    public string? Thinking { get; init; }

    /// <summary>Whether the turns are the same, call by call.</summary>
    public bool Equals(ChatTurn? other) => other is not null && Role == other.Role && Content == other.Content && ToolCallId == other.ToolCallId
        && ToolName == other.ToolName && Thinking == other.Thinking && ToolCalls.SequenceEqual(other.ToolCalls);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Role, Content, ToolCallId, ToolName, Thinking, ToolCalls.Count);

    private static string Checked(string role)
    {
        ArgumentException.ThrowIfNullOrEmpty(role, nameof(Role));
        return role.All(letter => char.IsAsciiLetterLower(letter) || letter == '_') ? role : throw new ArgumentException($"A role has only small letters and '_', not '{role}'.", nameof(role));
    }
}
