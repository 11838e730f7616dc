namespace HybridGen.Denoising;

/// <summary>A row of tokens that is being denoised: what stands where, who wrote it, and what may not stand there.</summary>
internal sealed class DenoisingCanvas
{
    private readonly int _maskId;
    private readonly List<int> _ids;
    private readonly List<TokenSource> _sources;
    private readonly List<bool> _seen;
    private readonly Dictionary<int, HashSet<int>> _forbidden = [];
    private readonly Dictionary<int, int> _remasks = [];
    private readonly HashSet<int> _closed = [];

    /// <param name="ids">Given tokens; masks among them are places to write.</param>
    /// <param name="maskId">The mask token.</param>
    /// <param name="padding">Tokens at the left that are only there to fill; the model does not see them.</param>
    /// <param name="isFixed">Whether the token at a position stays as it is; null fixes all but the masks.</param>
    public DenoisingCanvas(IReadOnlyList<int> ids, int maskId, int padding = 0, Predicate<int>? isFixed = null)
    {
        _maskId = maskId;
        _ids = [.. ids];
        _sources = [.. ids.Select((id, i) => id == maskId ? default : new TokenSource(isFixed is null || isFixed(i) ? TokenSourceKind.Given : TokenSourceKind.Draft, 0, 1))];
        _seen = [.. Enumerable.Range(0, ids.Count).Select(i => i >= padding)];
        (PromptLength, Padding) = (ids.Count, padding);
    }

    /// <summary>Tokens at the left that only fill.</summary>
    public int Padding { get; }

    /// <summary>Tokens in front of the first that was appended.</summary>
    public int PromptLength { get; }

    /// <summary>All places, those behind an end of text too.</summary>
    public int Length => _ids.Count;

    /// <summary>Places up to the end of the text.</summary>
    public int End { get; private set; } = int.MaxValue;

    /// <summary>Places that the model is shown.</summary>
    public int ShownLength => Math.Min(End, Length);

    public bool HasEnd => End <= Length;

    public IReadOnlyList<int> Ids => _ids;

    public IReadOnlyList<TokenSource> Sources => _sources;

    /// <summary>Runs of one token that were marked, by their first position.</summary>
    public SortedDictionary<int, RepeatedRun> Runs { get; } = [];

    /// <summary>Whether the model is shown a place, where it lies before the end.</summary>
    public bool IsSeen(int position) => _seen[position];

    public bool IsGiven(int position) => _sources[position].Kind == TokenSourceKind.Given;

    /// <summary>Whether neither the text that was given nor the caller's answer fixes a place.</summary>
    public bool IsFree(int position) => _sources[position].Kind is not (TokenSourceKind.Given or TokenSourceKind.Caller);

    /// <summary>Whether a place is masked and may still be written.</summary>
    public bool IsOpen(int position) => position < End && _ids[position] == _maskId && !IsGiven(position) && !_closed.Contains(position);

    /// <summary>Masked places within a part of the canvas.</summary>
    public IEnumerable<int> Open(int from, int to) => Enumerable.Range(from, Math.Max(0, Math.Min(to, ShownLength) - from)).Where(IsOpen);

    /// <summary>Places that the model wrote and that stand, within a part of the canvas.</summary>
    public IEnumerable<int> Committed(int from, int to) =>
        Enumerable.Range(from, Math.Max(0, Math.Min(to, ShownLength) - from)).Where(i => _sources[i].Kind == TokenSourceKind.Committed && _ids[i] != _maskId);

    /// <summary>Ids that were tried at a place and may not be tried again.</summary>
    public IEnumerable<int> Forbidden(int position) => _forbidden.TryGetValue(position, out var ids) ? ids : [];

    public void Append(int masks)
    {
        _ids.AddRange(Enumerable.Repeat(_maskId, masks));
        _sources.AddRange(Enumerable.Repeat(default(TokenSource), masks));
        _seen.AddRange(Enumerable.Repeat(true, masks));
    }

    /// <summary>Hides every token of one id from the model, and shows all others.</summary>
    public void Hide(int id)
    {
        for (var i = 0; i < Length; i++) _seen[i] = _ids[i] != id;
    }

    public void Write(int position, int id, TokenSource source) => (_ids[position], _sources[position]) = (id, source);

    public void Forbid(int position, int id)
    {
        if (!_forbidden.TryGetValue(position, out var ids)) _forbidden[position] = ids = [];
        ids.Add(id);
    }

    /// <summary>How often a place was masked again.</summary>
    public int Remasks(int position) => _remasks.GetValueOrDefault(position);

    public void Remask(int position)
    {
        Write(position, _maskId, default);
        _remasks[position] = Remasks(position) + 1;
    }

    /// <summary>Leaves a place masked for good.</summary>
    public void Close(int position) => _closed.Add(position);

    /// <summary>Looks where the text ends: behind the first of these tokens that was written after the prompt.</summary>
    public void FindEnd(IReadOnlyCollection<int> endIds)
    {
        var first = Enumerable.Range(PromptLength, Length - PromptLength).FirstOrDefault(i => endIds.Contains(_ids[i]), Length);
        End = first < Length ? first + 1 : int.MaxValue;
    }
}
