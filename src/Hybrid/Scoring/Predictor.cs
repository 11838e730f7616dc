using System.Runtime.InteropServices;
using HybridGen.Models;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Scoring;

/// <summary>A position of a row whose token is asked for.</summary>
/// <param name="Row">Index of the row.</param>
/// <param name="Position">Position in it.</param>
/// <param name="Target">The token whose log-probability is wanted.</param>
internal readonly record struct Query(int Row, int Position, int Target);

/// <summary>What a denoiser thinks of a position.</summary>
/// <param name="LogProbability">Of the target, in nats.</param>
/// <param name="Entropy">Of the distribution, in nats; not a number where it was not asked for.</param>
/// <param name="Ids">The most probable tokens that have a text, best first.</param>
/// <param name="LogProbabilities">Theirs, in nats.</param>
internal sealed record Prediction(float LogProbability, float Entropy, int[] Ids, float[] LogProbabilities);

/// <summary>
/// Asks a denoiser about single positions of many rows: rows of like length go through the network side by side, logits are only made of the
/// positions that are asked for, and only the few numbers of an answer leave the device.
/// </summary>
internal sealed class Predictor(IDenoiser denoiser)
{
    private const int PositionsAtOnce = 4096;
    private const int LogitsAtOnce = 1 << 25;
    private const int LeastPositionsAtOnce = 256;

    private readonly HashSet<int> _closing = [.. new[] { denoiser.Descriptor.EosId, denoiser.Descriptor.SepId, denoiser.Descriptor.BosId, denoiser.Descriptor.PadId }.OfType<int>(), .. denoiser.Descriptor.EndIds];
    private int _positionsAtOnce = PositionsAtOnce;

    public IDenoiser Denoiser => denoiser;

    /// <summary>Rows that went through the network so far.</summary>
    public int Forwards { get; private set; }

    /// <summary>Answers every query, in their order.</summary>
    /// <param name="rows">Token ids of each row.</param>
    /// <param name="queries">What is asked.</param>
    /// <param name="top">How many of the most probable tokens are wanted.</param>
    /// <param name="masks">Share of each row that is masked, for denoisers that are conditioned on time; null where nothing is.</param>
    /// <param name="entropies">Whether entropies are wanted: they take as long as all the rest of reading an answer.</param>
    /// <exception cref="RefiningException">The device's memory does not suffice even for a single row.</exception>
    public Prediction[] Predict(IReadOnlyList<int[]> rows, IReadOnlyList<Query> queries, int top = 1, IReadOnlyList<float>? masks = null, bool entropies = false)
    {
        var answers = new Prediction[queries.Count];
        var first = First(rows, masks);
        var byRow = Enumerable.Range(0, queries.Count).ToLookup(i => first[queries[i].Row]);
        foreach (var batch in Batches(rows, byRow)) Answer(batch, rows, byRow, masks, new Questions(queries, top, entropies, answers));
        return answers;
    }

    /// <summary>For each row the first that says the same: it goes through the network once, whatever is asked of it.</summary>
    private static int[] First(IReadOnlyList<int[]> rows, IReadOnlyList<float>? masks)
    {
        var seen = new Dictionary<(string Ids, float Mask), int>();
        return [.. rows.Select((row, i) =>
        {
            var key = (new string(MemoryMarshal.Cast<int, char>(row)), masks?[i] ?? 0);
            return seen.TryAdd(key, i) ? i : seen[key];
        })];
    }

    /// <summary>Answers queries about a batch that the caller laid out, in their order.</summary>
    public Prediction[] Predict(DenoiserInput input, IReadOnlyList<Query> queries, int top = 1, bool entropies = false)
    {
        using var scope = NewDisposeScope();
        var width = input.Ids.shape[1];
        var answers = new Prediction[queries.Count];
        Read(denoiser.Hidden(input), [.. queries.Select((query, i) => (i, (query.Row * width) + Source(query.Position)))], new Questions(queries, top, entropies, answers));
        Forwards += (int)input.Ids.shape[0];
        return answers;
    }

    /// <summary>Rows that are asked about, those of like length together.</summary>
    private List<int[]> Batches(IReadOnlyList<int[]> rows, ILookup<int, int> byRow)
    {
        var batches = new List<int[]>();
        var batch = new List<int>();
        foreach (var row in Enumerable.Range(0, rows.Count).Where(byRow.Contains).OrderBy(row => rows[row].Length))
        {
            if (batch.Count > 0 && (batch.Count + 1) * rows[row].Length > _positionsAtOnce)
            {
                batches.Add([.. batch]);
                batch.Clear();
            }

            batch.Add(row);
        }

        if (batch.Count > 0) batches.Add([.. batch]);
        return batches;
    }

    private void Answer(int[] batch, IReadOnlyList<int[]> rows, ILookup<int, int> byRow, IReadOnlyList<float>? masks, Questions questions)
    {
        try
        {
            using var scope = NewDisposeScope();
            var width = batch.Max(row => rows[row].Length);
            var asked = batch.SelectMany((row, place) => byRow[row].Select(query => (Query: query, Flat: ((long)place * width) + Source(questions.Queries[query].Position)))).ToArray();
            Read(denoiser.Hidden(Input(batch, rows, width, masks)), asked, questions);
            Forwards += batch.Length;
        }
        catch (Exception failure) when (LibTorch.IsOutOfMemory(failure))
        {
            if (batch.Length == 1) throw new RefiningException($"A canvas of {rows[batch[0]].Length} tokens does not fit into the memory of {denoiser.Device}.", failure);
            _positionsAtOnce = Math.Max(LeastPositionsAtOnce, _positionsAtOnce / 2);
            Answer(batch[..(batch.Length / 2)], rows, byRow, masks, questions);
            Answer(batch[(batch.Length / 2)..], rows, byRow, masks, questions);
        }
    }

    /// <summary>The position whose hidden state speaks of a position.</summary>
    private int Source(int position) => denoiser.Descriptor.ShiftsLogits ? Math.Max(0, position - 1) : position;

    private DenoiserInput Input(int[] batch, IReadOnlyList<int[]> rows, int width, IReadOnlyList<float>? masks)
    {
        var ids = new long[batch.Length * width];
        var isSeen = new bool[ids.Length];
        for (var place = 0; place < batch.Length; place++)
        {
            var row = rows[batch[place]];
            for (var i = 0; i < width; i++)
            {
                ids[(place * width) + i] = i < row.Length ? row[i] : denoiser.Descriptor.PadId ?? 0;
                isSeen[(place * width) + i] = i < row.Length;
            }
        }

        return new DenoiserInput(tensor(ids, [batch.Length, width], device: denoiser.Device))
        {
            Attention = Array.TrueForAll(isSeen, seen => seen) ? null : tensor(isSeen, [batch.Length, width], device: denoiser.Device),
            Times = denoiser.Descriptor.IsTimeConditioned && masks is not null ? tensor(batch.Select(row => Math.Clamp(masks[row], 1e-3f, 0.999f)).ToArray(), device: denoiser.Device) : null,
        };
    }

    /// <summary>Reads the answers off hidden states (B, L, D), some at a time, for a vocabulary is wide.</summary>
    private void Read(Tensor hidden, (int Query, long Flat)[] asked, Questions questions)
    {
        var rows = hidden.reshape(-1, hidden.shape[^1]).index_select(0, tensor(asked.Select(query => query.Flat).ToArray(), device: denoiser.Device));
        var some = Math.Max(1, LogitsAtOnce / denoiser.Descriptor.VocabularySize);
        for (var first = 0; first < asked.Length; first += some)
            ReadSome(rows.narrow(0, first, Math.Min(some, asked.Length - first)), asked.AsSpan(first, Math.Min(some, asked.Length - first)), questions);
    }

    private void ReadSome(Tensor hidden, ReadOnlySpan<(int Query, long Flat)> asked, Questions questions)
    {
        using var scope = NewDisposeScope();
        var (targets, top) = (new long[asked.Length], questions.Top);
        for (var i = 0; i < asked.Length; i++) targets[i] = questions.Queries[asked[i].Query].Target;
        var logits = denoiser.Logits(hidden);
        var normaliser = logits.logsumexp(-1, keepdim: true);
        var own = Floats(logits.gather(1, tensor(targets, device: denoiser.Device).unsqueeze(-1)) - normaliser);
        var entropies = questions.Entropies ? Entropies(logits - normaliser) : null;
        Forbid(logits);
        var (best, ids) = top == 1 ? logits.max(-1, keepdim: true) : logits.topk(top, -1);
        var (bestOnes, bestIds) = (Floats(best - normaliser), ids.cpu().data<long>().ToArray());
        for (var i = 0; i < asked.Length; i++)
            questions.Answers[asked[i].Query] = new Prediction(own[i], entropies?[i] ?? float.NaN, [.. bestIds.AsSpan(i * top, top).ToArray().Select(id => (int)id)], bestOnes[(i * top)..((i + 1) * top)]);
    }

    private static float[] Entropies(Tensor logProbabilities) => Floats(logProbabilities.exp().mul_(logProbabilities).nan_to_num_(0).sum(-1).neg_());

    /// <summary>What stands for no text is never proposed.</summary>
    private void Forbid(Tensor logits)
    {
        var forbidden = _closing.Concat(denoiser.Descriptor.IdsWithoutText).Append(denoiser.Descriptor.MaskId).Distinct().Select(id => (long)id).ToArray();
        logits.index_fill_(1, tensor(forbidden, device: denoiser.Device), float.NegativeInfinity);
    }

    private static float[] Floats(Tensor tensor) => tensor.to(ScalarType.Float32).cpu().data<float>().ToArray();

    /// <summary>What is asked, and where the answers go.</summary>
    private sealed record Questions(IReadOnlyList<Query> Queries, int Top, bool Entropies, Prediction[] Answers);
}
