using System.Text;
using HybridGen.Drafting;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Chat;

/// <summary>An answer that is streamed: each part of it when it is final. What is thought is so at once, because it is never revised.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="modelId">The drafter.</param>
internal sealed class AnswerStream(ChatRequest request, string modelId)
{
    private readonly string _id = ChatAnswer.NewId();
    private readonly SettledText _settled = new(request.Options.Draft.StopStrings);
    private readonly StringBuilder _draft = new();
    private int _thought;

    /// <summary>What a generation's update adds to the answer.</summary>
    public IEnumerable<ChatResponseUpdate> Read(GenerationUpdate update) => update switch
    {
        GenerationUpdate.Completed { Generation: var generation } => new ChatAnswer(generation, request, modelId, _id).ToUpdates(_thought, _settled.Sent),
        GenerationUpdate.Settled { Content: var content } => _settled.Add(content).Select(word => Update(new TextContent(word))),
        GenerationUpdate.Drafted { Token: var token } => Drafted(token),
        GenerationUpdate.Revised { Progress: var progress } when request.Settings.ShowDraft == true => [Shown(progress)],
        _ => [],
    };

    private IEnumerable<ChatResponseUpdate> Drafted(DraftToken token)
    {
        _draft.Append(token.Text);
        foreach (var piece in token.Pieces.Where(piece => piece.Kind == MessagePieceKind.Thinking))
        {
            _thought += piece.Span.Length;
            yield return Update(new TextReasoningContent(_draft.ToString(piece.Span.Start, piece.Span.Length)));
        }

        if (request.Settings.ShowDraft == true) yield return Shown(token);
    }

    /// <summary>What is no part of the answer stands behind an update without contents: one that Semantic Kernel hands on, and that no history has to write.</summary>
    private ChatResponseUpdate Shown(object work)
    {
        var update = ChatAnswer.Update([], modelId, _id);
        update.RawRepresentation = work;
        return update;
    }

    private ChatResponseUpdate Update(AIContent content) => ChatAnswer.Update([content], modelId, _id);
}
