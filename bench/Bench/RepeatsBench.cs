using System.CommandLine;
using HybridGen.Drafting;
using HybridGen.Revising;

namespace HybridGen.Bench;

/// <summary><c>repeats</c>: how often a drafter goes on with a misspelled name, from its own text and from the corrected one.</summary>
internal static class RepeatsBench
{
    // Rare names, so that the drafter has them from the text and not by heart.
    private static readonly string[] Names =
    [
        "Castellane", "Brandvold", "Okonedo", "Whitcombe", "Szalinski", "Thorvaldsen", "Abernathy", "Delacroix", "Featherstone", "Grzegorek",
        "Halvorsen", "Iturralde", "Jankowitz", "Kaliborn", "Lindqvist", "Marchetti", "Nakashiro", "Oyelaran", "Pemberton", "Quintrell",
    ];

    private const string Prompt = "The Keeper of the Lighthouse\n\n";

    public static Command Command()
    {
        var command = new Command("repeats", "Goes on from a draft with a misspelled name.") { GenerateBench.Tokens, Models.Drafter, Models.Refiner, Models.Threads, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var engine = Models.Engine(arguments, judge: null);
        await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = arguments.GetValue(Models.Drafter)!, Threads = arguments.GetValue(Models.Threads) }, cancellationToken: cancellationToken);
        var (own, corrected, revised) = (new List<Mentions>(), new List<Mentions>(), 0);
        for (var seed = 0; seed < Names.Length; seed++)
        {
            var (name, slip) = (Names[seed], Slip(Names[seed], new Random(seed)));
            var options = new DraftOptions { MaxTokens = arguments.GetValue(GenerateBench.Tokens), Sampling = new Sampling.Random { Seed = (uint)seed } };
            var draft = Text(name, slip);
            var revision = await engine.ReviseAsync(draft, ReviseOptions.Fix, cancellationToken: cancellationToken);
            if (!revision.Output.Contains(slip, StringComparison.Ordinal)) revised++;
            own.Add(Mentions.In(await ContinueAsync(drafter, options, cancellationToken, draft), name, slip));
            corrected.Add(Mentions.In(await ContinueAsync(drafter, options, cancellationToken, draft, revision.Output), name, slip));
        }

        var report = new Report($"a misspelled name repeated, {Path.GetFileName(arguments.GetValue(Models.Drafter)!)}, {Names.Length} seeded cases");
        report.Add("drafts that the refiner corrected", revised);
        Describe(report, "from its own text", own);
        Describe(report, "from the corrected text", corrected);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static string Text(string name, string slip) =>
        $"For thirty years {name} had kept the lighthouse. Everybody in the town knew {name}, and {name} knew everybody. In the great storm {name} carried the lamps down to the cellar, alone. Nobody had asked {name} to. "
        + $"The next day the newspaper wrote about {slip} on its first page. \"I only did my work,\" said {slip}.";

    /// <summary>What the drafter writes after the last of the texts, each of which replaces the one before where they differ.</summary>
    private static async Task<string> ContinueAsync(LlamaDrafter drafter, DraftOptions options, CancellationToken cancellationToken, params string[] texts)
    {
        var session = drafter.StartSession();
        await Draft.CollectAsync(session.DraftAsync(new DraftPrompt.Raw(Prompt), options with { MaxTokens = 1 }, cancellationToken), cancellationToken);
        foreach (var text in texts)
        {
            var common = session.Text.AsSpan().CommonPrefixLength(text);
            session.Replace(common, text[common..]);
        }

        return (await Draft.CollectAsync(session.ContinueAsync(options, cancellationToken), cancellationToken)).Text;
    }

    /// <summary>The name with two letters inside of it exchanged.</summary>
    private static string Slip(string name, Random random)
    {
        var places = Enumerable.Range(1, name.Length - 3).Where(i => name[i] != name[i + 1]).ToArray();
        var at = places[random.Next(places.Length)];
        return $"{name[..at]}{name[at + 1]}{name[at]}{name[(at + 2)..]}";
    }

    private static void Describe(Report report, string way, List<Mentions> all)
    {
        report.Add($"{way}: continuations with the misspelled name", all.Count(mentions => mentions.Slips > 0));
        report.Add($"{way}: continuations with the right name", all.Count(mentions => mentions.Names > 0));
        report.Add($"{way}: mentions, misspelled and right", $"{all.Sum(mentions => mentions.Slips)} and {all.Sum(mentions => mentions.Names)}");
    }

    private readonly record struct Mentions(int Names, int Slips)
    {
        public static Mentions In(string text, string name, string slip) => new(Count(text, name), Count(text, slip));

        private static int Count(string text, string part) => text.Split(part).Length - 1;
    }
}
