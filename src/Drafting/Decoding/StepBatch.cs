using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>What one step decodes.</summary>
/// <param name="size">How much of it.</param>
/// <param name="slots">The sequences of the context, by their numbers.</param>
internal sealed class StepBatch(StepSize size, Slot[] slots)
{
    private readonly List<Slot> _useless = [];

    /// <summary>The batch as llama.cpp takes it.</summary>
    public LLamaBatch Batch { get; } = new();

    /// <summary>The requests of each batch: all in one, or, where a batch may not change what another computes, every prompt in one of its own.</summary>
    public List<List<DecodeRequest>> Batches(List<DecodeRequest> running)
    {
        if (!size.IsInvariant) return [[.. running]];
        var batches = running.FindAll(request => request.IsReading).ConvertAll<List<DecodeRequest>>(request => [request]);
        if (running.FindAll(request => !request.IsReading) is { Count: > 0 } drafting) batches.Add(drafting);
        return batches;
    }

    /// <summary>Fills the batch: the tokens of drafts, and parts of prompts, evenly.</summary>
    /// <returns>How many tokens of each prompt were added.</returns>
    public Dictionary<DecodeRequest, int> Fill(List<DecodeRequest> requests)
    {
        var rows = requests.SelectMany(request => request.Places).Where(place => place.Next is not null).Select(place => new Row(place.Slot, place.Next!.Value, place.Slot.Held.Count, place)).ToList();
        var parts = new Dictionary<DecodeRequest, int>();
        var reading = requests.FindAll(request => request.IsReading);
        for (var i = 0; i < reading.Count; i++)
        {
            var request = reading[i];
            parts[request] = size.Share(request.Unread, rows.Count, reading.Count - i);
            rows.AddRange(Enumerable.Range(request.Read, parts[request]).Select(k => new Row(request.Places[0].Slot, request.Prompt[k], k, k >= request.Prompt.Count - size.LeastRows ? request.Places[0] : null)));
        }

        Batch.Clear();
        foreach (var row in size.IsInvariant ? WithoutGaps(rows) : rows) row.AddTo(Batch);
        return parts;
    }

    /// <summary>
    /// llama.cpp computes a row alone in another way than one of several, and cuts a batch where the sequences' numbers do not follow each
    /// other: rows of no use stand in the other places, behind what those hold.
    /// </summary>
    private IEnumerable<Row> WithoutGaps(List<Row> rows)
    {
        var used = rows.ConvertAll(row => Array.IndexOf(slots, row.Slot));
        var (first, last) = (used.Min(), used.Max());
        if (first == last && rows.Count > 1) return rows;
        if (first == last) (first, last) = last + 1 < slots.Length ? (first, last + 1) : (first - 1, last);
        return Enumerable.Range(first, last - first + 1).Select(i => used.IndexOf(i) is >= 0 and var row ? rows[row] : Useless(slots[i], rows[0].Token));
    }

    private Row Useless(Slot slot, LLamaToken token)
    {
        _useless.Add(slot);
        return new Row(slot, token, slot.Held.Count, new Place(slot, null!));
    }

    /// <summary>Takes the rows of no use out of the memory again.</summary>
    public void ForgetUseless()
    {
        foreach (var slot in _useless) slot.Truncate(slot.Held.Count);
        _useless.Clear();
    }

    /// <summary>A token that is decoded.</summary>
    /// <param name="Slot">The sequence.</param>
    /// <param name="Token">The token.</param>
    /// <param name="Position">Where it stands in the sequence.</param>
    /// <param name="Wanted">Who wants its logits; <see langword="null"/> where nobody does.</param>
    private readonly record struct Row(Slot Slot, LLamaToken Token, int Position, Place? Wanted)
    {
        public void AddTo(LLamaBatch batch)
        {
            var row = batch.Add(Token, Position, Slot.Sequence, logits: Wanted is not null);
            if (Wanted is not null) Wanted.Row = row;
        }
    }
}
