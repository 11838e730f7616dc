using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>A chat template: a text in Jinja that says how a conversation is written for a model.</summary>
/// <remarks>
/// The subset is what the templates of published models use, with Python's values and the functions and tags that transformers adds. White
/// space around tags is taken as transformers takes it (<c>trim_blocks</c>, <c>lstrip_blocks</c>). A rendering that takes too many steps or
/// becomes too long ends with an exception. Thread-safe.
/// </remarks>
public sealed class ChatTemplate
{
    private readonly string _text;
    private readonly TemplateBody _body;

    private ChatTemplate(string source, string text, TemplateBody body) => (Source, _text, _body) = (source, text, body);

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <exception cref="ChatTemplateException">It cannot be read; the message says where.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        // As Jinja does, with the line end that an editor puts at the end of a file.
        if (text.EndsWith('\n')) text = text[..^1];
        return new ChatTemplate(source, text, TemplateParser.Parse(text));
    }

    /// <summary>Renders the template with variables of the caller's.</summary>
    /// <param name="variables">A JSON object; its members are the template's variables.</param>
    /// <param name="time">The clock of <c>strftime_now</c>; <see langword="null"/> for the machine's.</param>
    /// <exception cref="ArgumentException"><paramref name="variables"/> is no object.</exception>
    /// <exception cref="ChatTemplateException">The template asks for what is not there, or refuses.</exception>
    public string Render(JsonElement variables, TimeProvider? time = null)
    {
        if (variables.ValueKind != JsonValueKind.Object) throw new ArgumentException("A template's variables are a JSON object.", nameof(variables));
        return Render(((TemplateValue.Mapping)JsonText.Value(variables)).Pairs.Select(pair => KeyValuePair.Create(((TemplateValue.Text)pair.Key).Value, pair.Value)), time).Value;
    }

    /// <summary>Renders the template; the parts say what comes from the conversation.</summary>
    internal MarkedText Render(IEnumerable<KeyValuePair<string, TemplateValue>> variables, TimeProvider? time = null)
    {
        var scope = TemplateFunctions.All(time ?? TimeProvider.System);
        foreach (var (name, value) in variables) scope.Set(name, value);
        return TemplateEvaluator.Render(_text, _body, scope);
    }

    /// <summary>Returns <see cref="Source"/>.</summary>
    public override string ToString() => Source;
}
