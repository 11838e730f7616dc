using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Denoising;

/// <summary>Asks a denoiser what it would write at masked places, and how sure it is.</summary>
/// <remarks>Legend: n places, V vocabulary. Logits are made of the asked places only, in bites, and nothing but a few numbers a place leaves the device.</remarks>
internal sealed class Proposer : IDisposable
{
    private const long MostLogits = 1 << 24;

    private readonly IDenoiser _denoiser;
    private readonly SamplingOptions _options;
    private readonly Generator? _generator;
    private readonly int[] _forbidden;
    private readonly int[] _endIds;

    /// <param name="denoiser">The network.</param>
    /// <param name="options">How tokens are chosen and rated.</param>
    /// <param name="endIds">What ends a text.</param>
    /// <param name="seed">Of the noise.</param>
    public Proposer(IDenoiser denoiser, SamplingOptions options, int[] endIds, ulong seed)
    {
        (_denoiser, _options, _endIds) = (denoiser, options, endIds);
        _generator = options.Temperature > 0 ? new Generator(seed) : null;
        _forbidden = [.. Forbidden().Distinct()];
        foreach (var id in options.SuppressTokens.Concat(options.BeginSuppressTokens).Concat(options.ForbidTokens).Concat(options.Allowed.Values.SelectMany(ids => ids))) Check(id);
    }

    private DenoiserDescriptor Descriptor => _denoiser.Descriptor;

    private bool IsGuided => _options.GuidanceScale > 0;

    public void Dispose() => _generator?.Dispose();

    /// <summary>Positions that went through the network so far, of all rows.</summary>
    public long Positions { get; private set; }

    /// <summary>One proposal for each place.</summary>
    /// <param name="canvases">The canvases.</param>
    /// <param name="places">Places of theirs.</param>
    /// <param name="blockLength">Columns of a block, where attention goes by blocks.</param>
    /// <param name="cache">What earlier passes over the same canvases left; null runs all columns.</param>
    public List<Proposal> Propose(IReadOnlyList<DenoisingCanvas> canvases, IReadOnlyList<(int Canvas, int Position)> places, int blockLength, ColumnCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var rows = CanvasBatch.Rows(_denoiser, canvases, blockLength, IsGuided ? _options.GuidanceKeeps : null);
        var window = cache?.Next(rows, places.Min(Column), places.Max(Column)) ?? new ColumnWindow(0, rows.Length, null);
        var hidden = _denoiser.Hidden(CanvasBatch.Input(_denoiser, rows, window));
        cache?.Keep(rows);
        Positions += (long)rows.Ids.Count * window.Count;
        var proposals = new List<Proposal>(places.Count);
        var bias = Bias(canvases);
        foreach (var bite in places.Chunk((int)Math.Max(1, MostLogits / Descriptor.VocabularySize)))
        {
            using var step = NewDisposeScope();
            proposals.AddRange(Propose(Logits(hidden, window.Start, bite), canvases, bite, bias));
        }

        return proposals;
    }

    /// <summary>The column whose logits speak of a place: where logits are shifted, the one before it.</summary>
    private int Column((int Canvas, int Position) place) => Descriptor.ShiftsLogits ? Math.Max(0, place.Position - 1) : place.Position;

    private IEnumerable<Proposal> Propose(Tensor logits, IReadOnlyList<DenoisingCanvas> canvases, (int Canvas, int Position)[] places, List<(int Canvas, LogitBias Bias)> bias)
    {
        Change(logits, places, bias);
        var drawn = Drawn(Choosable(logits, canvases, places));
        var chosen = (_generator is null ? drawn : drawn + Gumbel(drawn)).argmax(-1, keepdim: true);
        var logit = drawn.gather(1, chosen).squeeze(1);
        if (_options.BeginSuppressTokens.Count > 0) logits.index_fill_(1, Ids(_options.BeginSuppressTokens), double.NegativeInfinity);
        return Rated(_options.RatesFiltered ? drawn : logits, chosen, logit, places);
    }

    private IEnumerable<Proposal> Rated(Tensor logits, Tensor chosen, Tensor logit, (int Canvas, int Position)[] places)
    {
        var probabilities = logits.to(_options.DoublePrecision ? ScalarType.Float64 : ScalarType.Float32).softmax(-1);
        var ofChosen = probabilities.gather(1, chosen).squeeze(1);
        var rating = _options.Confidence.Rate(probabilities, ofChosen) ?? zeros_like(ofChosen);
        var entropy = _options.Acceptance is Acceptance.EntropyBound ? special.entr(probabilities).sum(-1) : zeros_like(ofChosen);
        var columns = new[] { chosen.squeeze(1), logit, ofChosen, rating, entropy };
        var numbers = stack([.. columns.Select(column => column.to(ScalarType.Float64))], dim: 1).cpu().data<double>().ToArray();
        return places.Zip(numbers.Chunk(columns.Length), (place, of) => new Proposal(place.Canvas, place.Position, Checked((int)of[0], of[1]), of[2], of[3], of[4]));
    }

    private static int Checked(int id, double logit) =>
        double.IsFinite(logit) ? id
        : logit < 0 ? -1
        : throw new RefiningException("The refiner's logits are no numbers: its weights are damaged, or its arithmetic overflows.");

    /// <summary>Logits of the asked places, (n, V) in float32, from hidden states of the columns from one on.</summary>
    private Tensor Logits(Tensor hidden, int start, (int Canvas, int Position)[] places)
    {
        var (rows, length) = (hidden.shape[0], hidden.shape[1]);
        var flat = hidden.reshape(rows * length, hidden.shape[2]);
        var index = tensor([.. places.Select(place => place.Canvas * length + Column(place) - start)], device: flat.device);
        if (!IsGuided) return _denoiser.Logits(flat.index_select(0, index));
        var conditional = _denoiser.Logits(flat.index_select(0, index));
        var unconditional = _denoiser.Logits(flat.index_select(0, index + rows / 2 * length));
        return unconditional + (_options.GuidanceScale + 1) * (conditional - unconditional);
    }

    /// <summary>What changes the model's opinion: confidences change with it.</summary>
    private void Change(Tensor logits, (int Canvas, int Position)[] places, List<(int Canvas, LogitBias Bias)> bias)
    {
        if (_options.SuppressTokens.Count > 0) logits.index_fill_(1, Ids(_options.SuppressTokens), double.NegativeInfinity);
        foreach (var group in bias.Where(one => one.Bias.Position < 0).GroupBy(one => one.Canvas))
            Add(logits, places.Index().Where(place => place.Item.Canvas == group.Key).SelectMany(place => group.Select(one => (place.Index, one.Bias))));
        var rows = places.Index().ToDictionary(place => place.Item, place => place.Index);
        Add(logits, bias.Where(one => one.Bias.Position >= 0 && rows.ContainsKey((one.Canvas, one.Bias.Position))).Select(one => (rows[(one.Canvas, one.Bias.Position)], one.Bias)));
        foreach (var (row, place) in places.Index())
            if (_options.Allowed.TryGetValue(place.Position, out var allowed)) KeepOnly(logits[row], allowed);
    }

    private static void Add(Tensor logits, IEnumerable<(int Row, LogitBias Bias)> biases)
    {
        var all = biases.ToArray();
        if (all.Length == 0) return;
        var width = logits.shape[1];
        var index = tensor([.. all.Select(one => one.Row * width + one.Bias.Id)], device: logits.device);
        logits.view(-1).index_add_(0, index, tensor([.. all.Select(one => one.Bias.Bias)], device: logits.device), 1);
    }

    private static void KeepOnly(Tensor row, IReadOnlyList<int> allowed)
    {
        var index = tensor([.. allowed.Select(id => (long)id)], device: row.device);
        var kept = row.index_select(0, index);
        row.fill_(double.NegativeInfinity).index_copy_(0, index, kept);
    }

    /// <summary>Logits without what may not be chosen; the model's opinion, and so the confidence, stays as it is.</summary>
    private Tensor Choosable(Tensor logits, IReadOnlyList<DenoisingCanvas> canvases, (int Canvas, int Position)[] places)
    {
        var width = logits.shape[1];
        var single = places.SelectMany((place, row) => Forbidden(canvases[place.Canvas], place.Position).Select(id => row * width + id)).ToArray();
        if (_forbidden.Length == 0 && single.Length == 0) return logits;
        var choosable = logits.clone();
        if (_forbidden.Length > 0) choosable.index_fill_(1, Ids(_forbidden), double.NegativeInfinity);
        if (single.Length > 0) choosable.view(-1).index_fill_(0, tensor(single, device: logits.device), double.NegativeInfinity);
        return choosable;
    }

    private IEnumerable<int> Forbidden()
    {
        if (_options.ForbidsMask) yield return Descriptor.MaskId;
        if (_options.ForbidsIdsWithoutText) foreach (var id in Descriptor.IdsWithoutText.Except(_endIds)) yield return id;
        foreach (var id in _options.ForbidTokens) yield return id;
        if (_options.End is EndRule.Forbidden) foreach (var id in _endIds) yield return id;
    }

    private IEnumerable<int> Forbidden(DenoisingCanvas canvas, int position) =>
        _options.End is EndRule.First first && position >= canvas.PromptLength && position < canvas.PromptLength + first.MinTokens ? canvas.Forbidden(position).Concat(_endIds) : canvas.Forbidden(position);

    /// <summary>What a draw is made from: tempered and cut to the most probable; as it is at temperature 0.</summary>
    private Tensor Drawn(Tensor logits)
    {
        if (_options.Temperature > 0) logits = logits.to(ScalarType.Float64) / _options.Temperature;
        if (_options.TopP < 1) logits = CutToProbability(logits, _options.TopP);
        return _options.TopK is { } k && k < logits.shape[1] ? CutToCount(logits, k) : logits;
    }

    private static Tensor CutToProbability(Tensor logits, double share)
    {
        var (sorted, order) = logits.sort(-1, descending: true);
        var before = sorted.softmax(-1).cumsum(-1).roll(1, -1);
        before[.., 0] = 0;
        return logits.masked_fill(zeros_like(logits, ScalarType.Bool).scatter(-1, order, before > share), double.NegativeInfinity);
    }

    private static Tensor CutToCount(Tensor logits, int count)
    {
        var (top, _) = logits.topk(count, dim: -1);
        return logits.masked_fill(logits < top[.., (count - 1)..], double.NegativeInfinity);
    }

    /// <summary>
    /// argmax(logit / T + Gumbel) draws from softmax(logit / T); it is the logarithm of LLaDA's exp(logit) / (−log u)^T, which overflows.
    /// </summary>
    /// <remarks>
    /// TorchSharp's generators are the processor's whatever device they are asked for, so the noise is drawn there; a seed then means the same
    /// noise on every device.
    /// </remarks>
    private Tensor Gumbel(Tensor like) => -(-rand(like.shape, ScalarType.Float64, CPU, generator: _generator).to(like.device).log()).log();

    private List<(int Canvas, LogitBias Bias)> Bias(IReadOnlyList<DenoisingCanvas> canvases) =>
        [.. canvases.Index().SelectMany(canvas => Bias(canvas.Item).Select(bias => (canvas.Index, Checked(bias))))];

    private IEnumerable<LogitBias> Bias(DenoisingCanvas canvas) => _options.Scorer is { } scorer ? _options.Bias.Concat(scorer([.. canvas.Ids])) : _options.Bias;

    private LogitBias Checked(LogitBias bias)
    {
        Check(bias.Id);
        return bias;
    }

    private void Check(int id)
    {
        if (id < 0 || id >= Descriptor.VocabularySize)
            throw new ArgumentException($"The sampling options name token {id}; this model's tokens are 0 to {Descriptor.VocabularySize - 1}.");
    }

    private Tensor Ids(IReadOnlyList<int> ids) => tensor([.. ids.Select(id => (long)id)], device: _denoiser.Device);
}
