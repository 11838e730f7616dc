using HybridGen.Models;
using HybridGen.Schedules;

namespace HybridGen.Denoising;

/// <summary>Writes the masked places of canvases step by step: propose, accept, commit, remask, report.</summary>
/// <remarks>
/// One loop for all reference samplers: the block rule says where, the schedule how many, confidence in which order, acceptance which ones.
/// Expects the tensors' thread and inference mode.
/// </remarks>
internal sealed class DiffusionSampler : IDisposable
{
    private readonly IDenoiser _denoiser;
    private readonly IReadOnlyList<DenoisingCanvas> _canvases;
    private readonly BlockRule _rule;
    private readonly SamplingOptions _options;
    private readonly TransferSchedule _schedule;
    private readonly int[] _endIds;
    private readonly Proposer _proposer;
    private readonly ColumnCache? _cache;
    private readonly Func<double> _uniform;
    private readonly SamplingLimits _limits;
    private readonly Dictionary<(int Canvas, int Position), Proposal> _guesses = [];
    private int _steps;
    private bool _isStopped;

    private DiffusionSampler(IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, BlockRule rule, SamplingOptions options, CancellationToken cancellationToken)
    {
        var seed = options.Seed ?? (ulong)Random.Shared.NextInt64();
        (_denoiser, _canvases, _rule, _options, _limits) = (denoiser, canvases, rule, options, new SamplingLimits(options, cancellationToken));
        _schedule = options.Remasking?.Schedule is { } held ? new TransferSchedule.ByNoise(held) : options.Schedule;
        _endIds = [.. EndIds(denoiser.Descriptor)];
        _cache = ColumnCache.For(options.Cache, denoiser.Descriptor);
        _proposer = new Proposer(denoiser, options, _endIds, seed);
        _uniform = options.Uniform ?? new Random(seed.GetHashCode()).NextDouble;
    }

    private DenoiserDescriptor Descriptor => _denoiser.Descriptor;

    /// <summary>Writes until nothing is left to write, or a limit cuts it short; the canvases are then as the results say.</summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="canvases">What is given; all are written side by side.</param>
    /// <param name="rule">In which parts.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the run before the next pass; what is written stays.</param>
    public static IReadOnlyList<SamplingResult> Run(
        IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, BlockRule rule, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        using var sampler = new DiffusionSampler(denoiser, canvases, rule, options, cancellationToken);
        return sampler.Run();
    }

    public void Dispose()
    {
        _proposer.Dispose();
        _cache?.Dispose();
    }

    private SamplingResult[] Run()
    {
        SamplingEnd? cut = null;
        foreach (var block in _rule.Blocks(_canvases))
        {
            if (Descriptor is { Attention: AttentionPattern.BlockCausal, PadId: { } pad }) foreach (var canvas in _canvases) canvas.Hide(pad);
            cut = Write(block);
            if (cut is not null || IsOver()) break;
        }

        return [.. _canvases.Select((canvas, index) => Result(canvas, index, cut))];
    }

    private bool IsOver() => _options.End switch
    {
        EndRule.First => _canvases.All(canvas => canvas.HasEnd),
        EndRule.Block => _canvases.All(canvas => canvas.Committed(0, canvas.Length).Any(i => _endIds.Contains(canvas.Ids[i]))),
        _ => false,
    };

    private SamplingEnd? Write(Block block)
    {
        _cache?.Enter(block.Parts.Min(part => part.From), block.Parts.Max(part => part.To));
        var blocks = _rule.Count(_canvases);
        var plans = _canvases.Zip(block.Parts, (canvas, part) => Plan(canvas.Open(part.From, part.To).Count(), (_options.Steps + blocks - 1) / blocks)).ToArray();
        while (HasWork(block, plans))
        {
            if (_limits.Reached is { } cut) return cut;
            Step(block, plans);
            if (_isStopped) return SamplingEnd.Stopped;
        }

        return null;
    }

    private StepPlan Plan(int masks, int steps) =>
        new(_schedule, masks, steps, keepsIdleSteps: _options.Acceptance is Acceptance.Independent || _options.Remasking is not null);

    private bool HasWork(Block block, StepPlan[] plans) =>
        (!_options.Acceptance.FollowsSchedule || plans.Any(plan => !plan.IsOver)) && _canvases.Zip(block.Parts).Any(pair => Open(pair.First, pair.Second).Any());

    private void Step(Block block, StepPlan[] plans)
    {
        _steps++;
        var places = _canvases.Index().Where(canvas => !_options.Acceptance.IsIdle(plans[canvas.Index].Quota))
            .SelectMany(canvas => Open(canvas.Item, block.Parts[canvas.Index]).Select(position => (canvas.Index, position))).ToArray();
        var proposals = Propose(places, block).ToLookup(proposal => proposal.Canvas);
        for (var c = 0; c < _canvases.Count; c++)
        {
            var proposed = proposals[c].ToArray();
            var committed = Commit(_canvases[c], Accept(proposed, plans[c]));
            var remasked = Remask(_canvases[c], block.Parts[c], plans[c]);
            plans[c].Advance();
            Report(c, proposed, committed, remasked);
            // Without the mask among the choices nothing stays open but what came back or was capped.
            if (_options.ForbidsMask) plans[c].Cover(_canvases[c].Open(block.Parts[c].From, block.Parts[c].To).Count());
        }
    }

    private static IEnumerable<int> Open(DenoisingCanvas canvas, Part part) => canvas.Open(part.First, part.To);

    private List<Proposal> Propose((int Canvas, int Position)[] places, Block block)
    {
        if (places.Length == 0) return [];
        _limits.CountForward();
        var proposals = _proposer.Propose(_canvases, places, BlockLength(block), _cache);
        foreach (var proposal in proposals.Where(proposal => proposal.Id < 0)) _canvases[proposal.Canvas].Close(proposal.Position);
        proposals.RemoveAll(proposal => proposal.Id < 0);
        foreach (var proposal in proposals) _guesses[(proposal.Canvas, proposal.Position)] = proposal;
        return _options.Confidence is Confidence.Random ? [.. proposals.Select(proposal => proposal with { Rating = _uniform() })] : proposals;
    }

    private int BlockLength(Block block) => _rule is BlockRule.Growing growing ? growing.Length : block.Parts.Max(part => part.To - part.From);

    private List<Proposal> Accept(Proposal[] proposed, StepPlan plan)
    {
        var ranked = proposed.OrderByDescending(Order).ThenBy(proposal => proposal.Position).ToArray();
        var accepted = _options.Acceptance.Accept(ranked, plan.Quota, _schedule.Share(plan.Step, plan.Steps), _uniform);
        return [.. _options.MaxPerStep is { } most ? accepted.OrderByDescending(proposal => proposal.Rating).Take(most) : accepted];
    }

    private double Order(Proposal proposal) =>
        _options.OrderTemperature > 0 ? proposal.Rating / _options.OrderTemperature - Math.Log(-Math.Log(_uniform())) : proposal.Rating;

    /// <summary>Writes what was accepted; what lies behind an end that is among it does not stand.</summary>
    private List<Proposal> Commit(DenoisingCanvas canvas, List<Proposal> accepted)
    {
        foreach (var proposal in accepted.Where(proposal => proposal.Id != Descriptor.MaskId))
            canvas.Write(proposal.Position, proposal.Id, new TokenSource(TokenSourceKind.Committed, _steps, proposal.Probability));
        // The mask was the choice: without a schedule the place would be tried for ever.
        foreach (var proposal in accepted.Where(proposal => proposal.Id == Descriptor.MaskId && !_options.Acceptance.FollowsSchedule)) canvas.Close(proposal.Position);
        FindEnd(canvas);
        foreach (var proposal in accepted.Where(proposal => proposal.Position >= canvas.End)) canvas.Write(proposal.Position, Descriptor.MaskId, default);
        return [.. accepted.Where(proposal => proposal.Position < canvas.End)];
    }

    private void FindEnd(DenoisingCanvas canvas)
    {
        if (_options.End is EndRule.First) canvas.FindEnd(_endIds);
    }

    private IReadOnlyList<int> Remask(DenoisingCanvas canvas, Part part, StepPlan plan)
    {
        var again = RepeatedRuns.Treat(canvas, _options.Runs, _endIds, _options.MaxRemasks);
        if (_options.Remasking is not { } remasking || plan.IsLast || plan.IsOver) return again;
        var places = canvas.Committed(part.From, part.To).Where(i => canvas.Remasks(i) < _options.MaxRemasks && !_endIds.Contains(canvas.Ids[i])).ToArray();
        var sigmas = remasking.Sigmas(plan.Time, [.. places.Select(place => canvas.Sources[place].Confidence)]);
        var drawn = places.Where((_, i) => _uniform() < sigmas[i]).ToArray();
        foreach (var place in drawn) canvas.Remask(place);
        return [.. again, .. drawn];
    }

    private void Report(int index, Proposal[] proposed, List<Proposal> committed, IReadOnlyList<int> remasked)
    {
        if (_options.OnStep is not { } onStep) return;
        var canvas = _canvases[index];
        var response = onStep(new SamplingStep
        {
            Step = _steps,
            Canvas = index,
            Ids = [.. canvas.Ids],
            Masked = [.. canvas.Open(0, canvas.Length)],
            Proposed = [.. proposed.Select(Choice)],
            Committed = [.. committed.Where(proposal => !remasked.Contains(proposal.Position)).Select(Choice)],
            Remasked = remasked,
        });
        StepAnswer.Follow(response, canvas, _steps, Descriptor, _options.MaxRemasks);
        FindEnd(canvas);
        _isStopped |= response.Stops;
    }

    private static TokenChoice Choice(Proposal proposal) => new(proposal.Position, proposal.Id, proposal.Probability);

    private SamplingResult Result(DenoisingCanvas canvas, int index, SamplingEnd? cut)
    {
        var isDone = cut is null || (canvas.HasEnd && !canvas.Open(0, canvas.Length).Any());
        if (!isDone) Guess(canvas, index);
        var length = isDone || !_rule.LimitsLength ? canvas.ShownLength : WrittenLength(canvas);
        var end = isDone ? End(canvas) : cut!.Value;
        return new SamplingResult([.. canvas.Ids.Take(length)], [.. canvas.Sources.Take(length)], canvas.PromptLength, end, [.. canvas.Runs.Values], _steps, _limits.Forwards) { Positions = _proposer.Positions };
    }

    private SamplingEnd End(DenoisingCanvas canvas) =>
        canvas.HasEnd ? (canvas.End == canvas.PromptLength + 1 ? SamplingEnd.Empty : SamplingEnd.EndOfText)
        : Enumerable.Range(0, canvas.Length).Any(i => canvas.Sources[i].Kind == TokenSourceKind.Masked) ? SamplingEnd.NothingAllowed
        : _rule.LimitsLength ? SamplingEnd.MaxTokens : SamplingEnd.Filled;

    /// <summary>Fills what a run that was cut short left open with what the model proposed last.</summary>
    private void Guess(DenoisingCanvas canvas, int index)
    {
        foreach (var position in canvas.Open(0, canvas.Length).ToArray())
            if (_guesses.TryGetValue((index, position), out var guess) && !canvas.Forbidden(position).Contains(guess.Id))
                canvas.Write(position, guess.Id, new TokenSource(TokenSourceKind.Guessed, _steps, guess.Probability));
        FindEnd(canvas);
    }

    private static int WrittenLength(DenoisingCanvas canvas) =>
        Enumerable.Range(0, canvas.ShownLength).LastOrDefault(i => canvas.Sources[i].Kind != TokenSourceKind.Masked, -1) + 1;

    /// <summary>What ends a text.</summary>
    internal static IEnumerable<int> EndIds(DenoiserDescriptor descriptor) => descriptor.EosId is { } eos ? descriptor.EndIds.Append(eos).Distinct() : descriptor.EndIds;
}
