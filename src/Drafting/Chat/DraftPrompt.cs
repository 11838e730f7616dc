namespace HybridGen.Drafting;

/// <summary>What a draft starts from: a conversation, or a text to go on with.</summary>
public abstract record DraftPrompt
{
    private DraftPrompt() { }

    /// <summary>A conversation, rendered with the model's own chat template.</summary>
    /// <param name="Turns">The turns in order; the last is normally the user's.</param>
    /// <remarks>
    /// Control strings inside a turn's content stay text. A model without a template is a plain text model: it goes on from
    /// the contents, joined by blank lines.
    /// </remarks>
    public sealed record Chat(IReadOnlyList<ChatTurn> Turns) : DraftPrompt;

    /// <summary>A text that the model simply goes on with; no template is applied.</summary>
    /// <param name="Text">The text; control strings inside it stay text.</param>
    public sealed record Raw(string Text) : DraftPrompt;

    /// <summary>A conversation of a single user turn.</summary>
    public static DraftPrompt User(string content) => new Chat([new ChatTurn("user", content)]);
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">The speaker as chat templates name it: <c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What was said.</param>
public sealed record ChatTurn(string Role, string Content);
