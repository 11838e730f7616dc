// dotnet run --project samples/WritingPipeline
// A story in four steps on one engine: an outline, a draft for each section, one revision of the whole, a report.
using System.Text.Json;
using HybridGen;
using HybridGen.Drafting;
using HybridGen.Editing;

// What three people noted; they do not spell alike.
string[] notes =
[
    "Henrietta Lindqvist kept the lighthouse of a small town. Every evening Mrs Lindqvist went up the stairs, and she",
    "One night Mrs Lindkvist beleived that she heard a voice in the storm. She took her lamp and",
    "In the morning the hole town came to the lighthouse. They thanked Mrs Lindqvist, and",
];

await using var engine = new HybridGenEngine();
var titles = await OutlineAsync();
var sections = await DraftAsync(titles);
var revision = await engine.ReviseAsync(string.Concat(sections)); // the whole at once: a name is compared over all sections
Console.WriteLine(revision.Output.TrimEnd() + "\n");
Report();

// The drafter can only choose among what the schema allows, however small it is.
async Task<string[]> OutlineAsync()
{
    const string Schema = """
        { "type": "object", "required": ["first", "second", "third"], "additionalProperties": false, "properties": {
            "first": { "enum": ["The Lighthouse", "A Quiet Town", "Before the Storm"] },
            "second": { "enum": ["The Storm", "A Voice at Sea", "The Long Night"] },
            "third": { "enum": ["The Morning", "Home", "The Letter"] } } }
        """;
    var options = new DraftOptions { Constraint = OutputConstraint.JsonSchema.Parse(Schema), Sampling = new Sampling.Random { Seed = 2 } };
    var outline = await engine.GenerateAsync(new DraftPrompt.Raw("The chapters of a story about a lighthouse: "), new() { Draft = options });
    Console.WriteLine($"Outline: {outline.Text}\n");
    using var chapters = JsonDocument.Parse(outline.Text);
    return [.. chapters.RootElement.EnumerateObject().Select(chapter => chapter.Value.GetString()!)];
}

// Each section goes on from all before it. It is not yet revised: that is cheaper, and better, once everything is there.
async Task<List<string>> DraftAsync(string[] titles)
{
    var written = new List<string>();
    foreach (var (title, note) in titles.Zip(notes))
    {
        var beginning = $"## {title}\n\n{note}";
        var options = new DraftOptions { MaxTokens = 60, StopStrings = ["\n"], Sampling = new Sampling.Random { Seed = 5, Temperature = 0.7 } };
        var draft = await engine.GenerateAsync(new DraftPrompt.Raw(string.Concat(written) + beginning), new() { Draft = options, Revise = null });
        written.Add($"{beginning}{WholeSentences(draft.Text)}\n\n");
    }

    return written;
}

static string WholeSentences(string text) => text.LastIndexOf('.') is > 0 and var end ? text[..(end + 1)] : $"{text.TrimEnd()}.";

void Report()
{
    Console.WriteLine("Names that were written in several ways:");
    foreach (var name in revision.Edits.Where(edit => edit.Kind == EditKind.Consistency).GroupBy(edit => edit.After))
        Console.WriteLine($"  {name.Key}, also written {string.Join(", ", name.Select(edit => edit.Before).Distinct())}: {name.Count()} changed");
    Console.WriteLine("Changes by section:");
    var start = 0;
    foreach (var (section, title) in sections.Zip(titles))
    {
        var edits = revision.Edits.Where(edit => edit.Span.Start >= start && edit.Span.Start < start + section.Length).ToList();
        Console.WriteLine($"  {title}: {edits.Count}, {string.Join(", ", edits.Select(edit => $"{edit.Before} -> {edit.After}"))}");
        start += section.Length;
    }
}
