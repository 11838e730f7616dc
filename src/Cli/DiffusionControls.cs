using System.CommandLine;
using HybridGen.Denoising;
using HybridGen.Schedules;

namespace HybridGen.Cli;

/// <summary>How masked places are written, for the commands that use the refiner alone.</summary>
internal sealed class DiffusionControls
{
    private static readonly Dictionary<string, Confidence> Orders = new(StringComparer.Ordinal)
    {
        ["low-confidence"] = new Confidence.Probability(),
        ["margin"] = new Confidence.Margin(),
        ["entropy"] = new Confidence.NegativeEntropy(),
        ["random"] = new Confidence.Random(),
    };

    private readonly Option<long?> _steps = OptionRules.WholeNumber("--steps", "Denoising steps for the whole text: more is better and slower. Default: 128.", 1, 1 << 20);
    private readonly Option<string> _remasking = new Option<string>("--remasking") { Description = $"Which places wait for a later step: {string.Join(", ", Orders.Keys)}. Default: low-confidence.", HelpName = "NAME", DefaultValueFactory = _ => "low-confidence" }.AcceptOnlyFromAmong([.. Orders.Keys]);
    private readonly Option<string> _schedule = new Option<string>("--schedule") { Description = $"How many places each step writes: {string.Join(", ", RevisionControls.SchedulesByName.Keys)}. Default: linear.", HelpName = "NAME", DefaultValueFactory = _ => "linear" }.AcceptOnlyFromAmong([.. RevisionControls.SchedulesByName.Keys]);
    private readonly Option<double?> _threshold = OptionRules.Number("--threshold", "Probability from which a place is written before its turn. Default: 0.9.", 0, 1);
    private readonly Option<double?> _temperature = OptionRules.Number("--temperature", "0 takes the most probable token. Default: 0.", 0, 10);
    private readonly Option<long?> _topK = OptionRules.WholeNumber("--top-k", "Draw from so many of the most probable tokens.", 1, 1 << 20);
    private readonly Option<double?> _topP = OptionRules.Number("--top-p", "Draw from the tokens that together have this probability.", 0.001, 1);
    private readonly Option<long?> _seed = OptionRules.WholeNumber("--seed", "Fixes what is drawn. Default: 0.", 0, long.MaxValue);
    private readonly Option<double?> _guidance = OptionRules.Number("--cfg", "Scale of classifier-free guidance; a step costs twice as much. Default: 0.", 0, 100);
    private readonly Option<long?> _maxForwards = OptionRules.WholeNumber("--max-forwards", "End after so many passes through the network.", 1, int.MaxValue);
    private readonly Option<double?> _seconds = OptionRules.Number("--time-budget", "End after so many seconds, with what is written.", 0.001, 1e6);

    /// <summary>Adds the options to a command.</summary>
    public DiffusionControls(Command command)
    {
        foreach (var option in new Option[] { _steps, _remasking, _schedule, _threshold, _temperature, _topK, _topP, _seed, _guidance, _maxForwards, _seconds }) command.Add(option);
    }

    public SamplingOptions Read(ParseResult parsed)
    {
        var usual = new SamplingOptions();
        return usual with
        {
            Steps = (int)(parsed.GetValue(_steps) ?? usual.Steps),
            Confidence = Orders[parsed.GetValue(_remasking)!],
            Schedule = new TransferSchedule.ByNoise(RevisionControls.SchedulesByName[parsed.GetValue(_schedule)!]),
            Acceptance = parsed.GetValue(_threshold) is { } least ? new Acceptance.Threshold { Least = least, KeepsSchedule = true } : usual.Acceptance,
            Temperature = parsed.GetValue(_temperature) ?? usual.Temperature,
            TopK = (int?)parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP) ?? usual.TopP,
            Seed = (ulong)(parsed.GetValue(_seed) ?? 0),
            GuidanceScale = parsed.GetValue(_guidance) ?? usual.GuidanceScale,
            MaxForwards = (int?)parsed.GetValue(_maxForwards),
            TimeBudget = parsed.GetValue(_seconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
    }
}
