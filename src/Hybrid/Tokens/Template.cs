using System.Text.Json;

namespace HybridGen.Tokens;

/// <summary>What a checkpoint expects around a single text.</summary>
/// <param name="Before">Ids before the text.</param>
/// <param name="After">Ids after the text.</param>
/// <param name="TrimsSpans">Whether the spans of tokens leave out spaces at their ends.</param>
/// <param name="KeepsAddedSpace">Whether a single space at the start of the text is the one that the pre-tokenizer adds, which is in no span anyway.</param>
internal sealed record Template(IReadOnlyList<int> Before, IReadOnlyList<int> After, bool TrimsSpans = false, bool KeepsAddedSpace = true)
{
    private static readonly Template None = new([], []);

    /// <summary>The post-processor of a <c>tokenizer.json</c>.</summary>
    public static Template Read(JsonElement root) => root.Part("post_processor") is { } part ? Of(part, "post_processor") : None;

    /// <summary>Puts ids into the template.</summary>
    public IReadOnlyList<int> Around(IReadOnlyList<int> ids) => [.. Before, .. ids, .. After];

    private static Template Of(JsonElement part, string path) => part.Kind() switch
    {
        "ByteLevel" => Trimmed(None, part),
        "TemplateProcessing" => Single(part),
        "RobertaProcessing" => Trimmed(new Template([Id(part, "cls")], [Id(part, "sep")]), part),
        "BertProcessing" => new Template([Id(part, "cls")], [Id(part, "sep")]),
        "Sequence" => part.GetProperty("processors").EnumerateArray().Select((step, i) => Of(step, $"{path}.processors[{i}]")).Aggregate(None, (inner, outer) => outer.Outside(inner)),
        var other => throw TokenizerJson.Unknown($"{path}.type is '{other}'; this reader knows ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing or a Sequence of these"),
    };

    private Template Outside(Template inner)
    {
        var trims = TrimsSpans ? this : inner;
        return new Template([.. Before, .. inner.Before], [.. inner.After, .. After], trims.TrimsSpans, trims.KeepsAddedSpace);
    }

    private static Template Trimmed(Template template, JsonElement part) =>
        template with { TrimsSpans = part.Flag("trim_offsets", true), KeepsAddedSpace = part.Flag("add_prefix_space", true) };

    private static int Id(JsonElement part, string name) => part.GetProperty(name)[1].GetInt32();

    private static Template Single(JsonElement part)
    {
        var (ids, known) = (new List<int>(), part.Part("special_tokens"));
        var text = -1;
        foreach (var item in part.GetProperty("single").EnumerateArray())
        {
            if (item.Part("SpecialToken") is { } special) ids.AddRange(known!.Value.GetProperty(special.Text("id")).GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
            else text = text < 0 ? ids.Count : throw TokenizerJson.Unknown("post_processor.single has the text twice");
        }

        TokenizerJson.Require(text >= 0, "post_processor.single has no place for the text");
        return new Template(ids[..text], ids[text..]);
    }
}
