using System.Text;

namespace HybridGen.Drafting;

/// <summary>Tells of each token of a draft which parts of the message it makes certain.</summary>
internal sealed class AnswerWriter
{
    private readonly MessageReader _reader;
    private readonly int _before;
    private readonly StringBuilder _text = new();
    private readonly List<MessagePiece> _pieces = [];

    /// <summary>Begins, or goes on after what stands there already.</summary>
    public AnswerWriter(AnswerFormat answer, string written)
    {
        _reader = answer.Format.NewReader(answer.IsInsideThinking, answer.Tools);
        _reader.Read(written);
        _before = written.Length;
    }

    /// <summary>The token with its pieces.</summary>
    public DraftToken Read(DraftToken token)
    {
        _text.Append(token.Text);
        return token with { Pieces = Keep(_reader.Read(token.Text)) };
    }

    /// <summary>The whole message of this draft.</summary>
    public DraftedMessage End()
    {
        Keep(_reader.End());
        return DraftedMessage.Of(_text.ToString(), _pieces);
    }

    /// <summary>The pieces' places in this draft; what stood there before is cut off.</summary>
    private List<MessagePiece> Keep(IEnumerable<MessagePiece> pieces)
    {
        List<MessagePiece> own = [.. pieces.Where(piece => piece.Span.End > _before).Select(piece => piece with { Span = TextSpan.Between(Math.Max(0, piece.Span.Start - _before), piece.Span.End - _before) })];
        _pieces.AddRange(own);
        return own;
    }
}
