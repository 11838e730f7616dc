using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Denoising;

/// <summary>Samples from denoisers trained on masks and random tokens together, which revise visible tokens too (GIDD, arXiv 2503.04482).</summary>
/// <remarks>Legend: n places, V vocabulary. Given tokens stay. Expects the tensors' thread and inference mode.</remarks>
internal sealed class GiddSampler
{
    private const long MostLogits = 1 << 24;

    private readonly IDenoiser _denoiser;
    private readonly IReadOnlyList<DenoisingCanvas> _canvases;
    private readonly GiddOptions _options;
    private readonly Func<double> _uniform;
    private readonly SamplingLimits _limits;
    private readonly long[] _forbidden;
    private int _steps;
    private long _positions;
    private bool _isStopped;

    private GiddSampler(IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, GiddOptions options, CancellationToken cancellationToken)
    {
        (_denoiser, _canvases, _options) = (denoiser, canvases, options);
        _uniform = options.Limits.Uniform ?? new Random((options.Limits.Seed ?? (ulong)Random.Shared.NextInt64()).GetHashCode()).NextDouble;
        _limits = new SamplingLimits(options.Limits, cancellationToken);
        _forbidden = [.. Forbidden(options.Limits).Distinct()];
    }

    /// <summary>Goes from the canvases' masks to text; every token that is not given may change in every step.</summary>
    public static IReadOnlyList<SamplingResult> Generate(
        IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, GiddOptions options, CancellationToken cancellationToken = default)
    {
        var sampler = new GiddSampler(denoiser, canvases, options, cancellationToken);
        SamplingEnd? cut = null;
        for (var i = options.Limits.Steps - 1; i >= 0 && (cut = sampler.Cut) is null; i--) sampler.Denoise(options.Time(i), options.Time(Math.Max(0, i - 1)));
        return sampler.Results(cut ?? sampler.Cut);
    }

    /// <summary>Mends finished texts: in each step the tokens that the model would most surely write otherwise are replaced.</summary>
    /// <remarks>Ends when a step changes nothing, or agreement with the model's first choices has not risen for a while.</remarks>
    public static IReadOnlyList<SamplingResult> Correct(
        IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, GiddOptions options, CancellationToken cancellationToken = default)
    {
        var sampler = new GiddSampler(denoiser, canvases, options, cancellationToken);
        SamplingEnd? cut = null;
        var (best, waited) = (0.0, 0);
        for (var i = 0; i < options.Limits.Steps && waited <= options.Patience && (cut = sampler.Cut) is null; i++)
        {
            var (hasChanged, agreement) = sampler.Mend();
            if (!hasChanged) break;
            (best, waited) = agreement > best ? (agreement, 0) : (best, waited + 1);
        }

        return sampler.Results(cut);
    }

    private IEnumerable<long> Forbidden(SamplingOptions options)
    {
        foreach (var id in options.ForbidTokens) yield return id;
        if (options.ForbidsIdsWithoutText) foreach (var id in _denoiser.Descriptor.IdsWithoutText) yield return id;
        if (options.End is EndRule.Forbidden) foreach (var id in DiffusionSampler.EndIds(_denoiser.Descriptor)) yield return id;
    }

    private SamplingEnd? Cut => _isStopped ? SamplingEnd.Stopped : _limits.Reached;

    private void Denoise(float t, float s)
    {
        var places = Places();
        var drawn = new List<(int Id, double Probability)>();
        ForEachBite(t, places, (logits, bite) => drawn.AddRange(Draw(Posterior(logits.softmax(-1), Ids(bite), t, s), bite.Length)));
        Write(places.Zip(drawn, (place, draw) => new Proposal(place.Canvas, place.Position, draw.Id, draw.Probability, 0, 0)));
    }

    /// <summary>One step of self-correction; says whether a token changed, and the share of tokens that are the model's first choice.</summary>
    private (bool HasChanged, double Agreement) Mend()
    {
        var places = Places();
        var (drawn, first) = (new List<(int Id, double Probability)>(), new List<long>());
        ForEachBite(_options.CorrectionTime, places, (logits, bite) =>
        {
            drawn.AddRange(Draw((logits / _options.CorrectionTemperature).softmax(-1), bite.Length));
            first.AddRange(logits.argmax(-1).cpu().data<long>().ToArray());
        });
        var proposals = places.Zip(drawn, (place, draw) => new Proposal(place.Canvas, place.Position, draw.Id, draw.Probability, Score(place, draw), 0));
        var chosen = proposals.GroupBy(proposal => proposal.Canvas)
            .SelectMany(row => row.OrderByDescending(proposal => proposal.Rating).Take(_options.TokensPerStep).Where(proposal => proposal.Rating > 0)).ToArray();
        Write(chosen);
        return (chosen.Length > 0, places.Zip(first).Count(pair => _canvases[pair.First.Canvas].Ids[pair.First.Position] == pair.Second) / (double)places.Length);
    }

    private double Score((int Canvas, int Position) place, (int Id, double Probability) draw) => _canvases[place.Canvas].Ids[place.Position] == draw.Id ? 0 : draw.Probability;

    private (int Canvas, int Position)[] Places() =>
        [.. _canvases.Index().SelectMany(canvas => Enumerable.Range(0, canvas.Item.Length).Where(i => canvas.Item.IsFree(i)).Select(i => (canvas.Index, i)))];

    private void ForEachBite(float time, (int Canvas, int Position)[] places, Action<Tensor, (int Canvas, int Position)[]> use)
    {
        using var scope = NewDisposeScope();
        _limits.CountForward();
        var hidden = _denoiser.Hidden(CanvasBatch.Input(_denoiser, _canvases, time));
        _positions += hidden.shape[0] * hidden.shape[1];
        var length = hidden.shape[1];
        var flat = hidden.reshape(-1, hidden.shape[2]);
        foreach (var bite in places.Chunk((int)Math.Max(1, MostLogits / _denoiser.Descriptor.VocabularySize)))
        {
            using var inner = NewDisposeScope();
            var logits = _denoiser.Logits(flat.index_select(0, Index(bite.Select(place => place.Canvas * length + place.Position))));
            logits[.., _denoiser.Descriptor.MaskId] = -1e6;
            if (_forbidden.Length > 0) logits.index_fill_(1, Index(_forbidden), -1e6);
            use(logits, bite);
        }
    }

    /// <summary>
    /// Probabilities at time s of what stands at z at time t, (n, V): q(v) = (a_t/a_s · 1(v = z) + (b_t π_t − a_t/a_s · b_s π_s)(z)) ·
    /// (a_s p(v) + b_s π_s(v)) / (a_t p(z) + b_t π_t(z)).
    /// </summary>
    private Tensor Posterior(Tensor p, Tensor z, float t, float s)
    {
        var ((alphaT, maskT, otherT), (alphaS, maskS, otherS)) = (_options.Noise(t, p.shape[1]), _options.Noise(s, p.shape[1]));
        var isMask = z.eq(_denoiser.Descriptor.MaskId);
        var ratio = alphaT / alphaS;
        var noise = where(isMask, maskT - ratio * maskS, otherT - ratio * otherS); // (n, 1)
        var atZ = alphaT * p.gather(1, z) + where(isMask, maskT, otherT);
        var atS = alphaS * p + otherS;
        atS[.., _denoiser.Descriptor.MaskId] += maskS - otherS;
        var posterior = noise.expand_as(p).scatter_add(1, z, full_like(atZ, ratio)) * atS / atZ;
        return _options.MinP > 0 ? AtLeast(posterior, _options.MinP) : posterior;
    }

    private static Tensor AtLeast(Tensor probabilities, double least)
    {
        var kept = probabilities.masked_fill(probabilities < least, 0);
        return kept / kept.sum(-1, keepdim: true);
    }

    /// <summary>The first id whose cumulative probability exceeds a uniform draw.</summary>
    private IEnumerable<(int Id, double Probability)> Draw(Tensor probabilities, int count)
    {
        var cumulative = probabilities.cumsum(-1);
        cumulative[.., -1] = 1 + 1e-4;
        var draws = tensor([.. Enumerable.Range(0, count).Select(_ => (float)_uniform())], [count, 1], device: probabilities.device);
        var ids = (cumulative <= draws).sum(-1, keepdim: true, type: ScalarType.Int64);
        var numbers = cat([ids.to(ScalarType.Float64), probabilities.gather(1, ids).to(ScalarType.Float64)], 1).cpu().data<double>().ToArray();
        return Enumerable.Range(0, count).Select(i => ((int)numbers[2 * i], numbers[2 * i + 1]));
    }

    private void Write(IEnumerable<Proposal> proposals)
    {
        _steps++;
        var changed = proposals.Where(proposal => _canvases[proposal.Canvas].Ids[proposal.Position] != proposal.Id).ToArray();
        foreach (var (canvas, position, id, probability, _, _) in changed)
            _canvases[canvas].Write(position, id, id == _denoiser.Descriptor.MaskId ? default : new TokenSource(TokenSourceKind.Committed, _steps, probability));
        for (var c = 0; c < _canvases.Count; c++) Report(c, [.. changed.Where(proposal => proposal.Canvas == c)]);
    }

    private void Report(int index, Proposal[] changed)
    {
        if (_options.Limits.OnStep is not { } onStep) return;
        var (canvas, mask) = (_canvases[index], _denoiser.Descriptor.MaskId);
        var choices = changed.Where(proposal => proposal.Id != mask).Select(proposal => new TokenChoice(proposal.Position, proposal.Id, proposal.Probability)).ToArray();
        var response = onStep(new SamplingStep
        {
            Step = _steps,
            Canvas = index,
            Ids = [.. canvas.Ids],
            Masked = [.. canvas.Open(0, canvas.Length)],
            Proposed = choices,
            Committed = choices,
            Remasked = [.. changed.Where(proposal => proposal.Id == mask).Select(proposal => proposal.Position)],
        });
        StepAnswer.Follow(response, canvas, _steps, _denoiser.Descriptor, int.MaxValue);
        _isStopped |= response.Stops;
    }

    private SamplingResult[] Results(SamplingEnd? cut) =>
        [.. _canvases.Select(canvas => new SamplingResult([.. canvas.Ids], [.. canvas.Sources], canvas.PromptLength, cut ?? SamplingEnd.Filled, [], _steps, _limits.Forwards) { Positions = _positions })];

    private Tensor Ids((int Canvas, int Position)[] places) => Index(places.Select(place => (long)_canvases[place.Canvas].Ids[place.Position])).unsqueeze(1);

    private Tensor Index(IEnumerable<long> index) => tensor([.. index], device: _denoiser.Device);
}

/// <summary>How a GIDD denoiser is sampled from.</summary>
internal sealed record GiddOptions
{
    /// <summary>Steps, seed, limits, the caller's ear and what is forbidden; nothing else of it counts.</summary>
    public SamplingOptions Limits { get; init; } = new();

    /// <summary>Share of random tokens in the noise the model was trained with.</summary>
    public double PUniform { get; init; } = 0.1;

    /// <summary>Distance of the first and the last time from 0 and 1.</summary>
    public float TEps { get; init; } = 1e-4f;

    /// <summary>Probabilities below this are 0.</summary>
    public double MinP { get; init; }

    /// <summary>Time that a text to correct is taken to be at.</summary>
    public float CorrectionTime { get; init; } = 0.01f;

    /// <summary>Temperature of corrections.</summary>
    public double CorrectionTemperature { get; init; } = 0.1;

    /// <summary>Tokens that one step of correction replaces.</summary>
    public int TokensPerStep { get; init; } = 1;

    /// <summary>Steps of correction without more agreement after which it ends.</summary>
    public int Patience { get; init; } = 32;

    /// <summary>Time i of the steps.</summary>
    public float Time(int i) => (1 - 2 * TEps) * ((float)i / Limits.Steps) + TEps;

    /// <summary>
    /// At time t, the share of clean tokens, and the noise that falls on the mask and on each other token: a = (1 − t) / (1 + c), b π = t and
    /// c / (V − 1), over 1 + c, with c = B √(t (1 − t)) and B = 2 p_u / (1 − p_u).
    /// </summary>
    public (float Alpha, float Mask, float Other) Noise(float t, long vocabularySize)
    {
        var c = (float)(2 * PUniform / (1 - PUniform)) * MathF.Sqrt(t * (1 - t));
        return ((1 - t) / (1 + c), t / (1 + c), c / (vocabularySize - 1) / (1 + c));
    }
}
