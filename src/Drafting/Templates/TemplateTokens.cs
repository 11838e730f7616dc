namespace HybridGen.Drafting;

/// <summary>A template's tokens, read one after the other.</summary>
internal sealed class TemplateTokens
{
    private readonly string _source;
    private readonly List<TemplateToken> _tokens;
    private int _at;

    public TemplateTokens(string source)
    {
        _source = source;
        _tokens = TemplateLexer.Read(source);
    }

    public TemplateToken Current => _tokens[_at];

    public TemplateToken Following => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    public TemplateToken Take() => _at < _tokens.Count - 1 ? _tokens[_at++] : _tokens[_at];

    public bool IsSign(string sign) => Current.Kind == TemplateTokenKind.Sign && Current.Text == sign;

    public bool IsName(string name) => Current.Kind == TemplateTokenKind.Name && Current.Text == name;

    public bool TakeSign(string sign)
    {
        if (!IsSign(sign)) return false;
        _at++;
        return true;
    }

    public bool TakeName(string name)
    {
        if (!IsName(name)) return false;
        _at++;
        return true;
    }

    public TemplateToken Expect(TemplateTokenKind kind, string what) => Current.Kind == kind ? Take() : throw Unexpected(what);

    public TemplateToken ExpectName(string what) => Expect(TemplateTokenKind.Name, what);

    public void ExpectSign(string sign)
    {
        if (!TakeSign(sign)) throw Unexpected($"'{sign}'");
    }

    public ChatTemplateException Unexpected(string expected) => Wrong(Current.Kind switch
    {
        TemplateTokenKind.End => $"expected {expected}, found the end of the template.",
        TemplateTokenKind.TagEnd or TemplateTokenKind.PrintEnd => $"expected {expected}, found the end of the tag.",
        _ => $"expected {expected}, found '{Current.Text}'.",
    });

    public ChatTemplateException Wrong(string message, int? place = null, Exception? cause = null) => ChatTemplateException.At(_source, place ?? Current.Place, message, cause: cause);
}
