namespace HybridGen.Drafting;

/// <summary>All ways in which a text so far can be the beginning of one that a grammar describes. Immutable.</summary>
internal sealed class GrammarState
{
    // More ways than this no sensible grammar has; an ambiguous one has exponentially many.
    private const int MostWays = 20_000;

    private readonly Grammar _grammar;
    private readonly Frame[] _ways;
    private readonly bool _canEnd;
    private readonly byte[] _rest;

    private GrammarState(Grammar grammar, Frame[] ways, bool canEnd, byte[] rest) => (_grammar, _ways, _canEnd, _rest) = (grammar, ways, canEnd, rest);

    /// <summary>Whether the text so far is one that the grammar describes.</summary>
    public bool IsComplete => _canEnd && _rest.Length == 0;

    /// <summary>Bytes of a character that is not finished.</summary>
    public ReadOnlySpan<byte> Rest => _rest;

    /// <summary>The state before any text.</summary>
    public static GrammarState Start(Grammar grammar)
    {
        var ways = new Ways(grammar);
        ways.AddRoot();
        return ways.ToState([]);
    }

    /// <summary>The state after more text; <see langword="null"/> where the grammar describes none that begins so.</summary>
    /// <exception cref="DraftingException">The grammar is too ambiguous.</exception>
    public GrammarState? After(ReadOnlySpan<byte> utf8)
    {
        if (Utf8Piece.Read([.. _rest, .. utf8]) is not { } piece) return null;
        var state = new GrammarState(_grammar, _ways, _canEnd, piece.Rest);
        foreach (var character in piece.Characters)
            if (state.After(character, piece.Rest) is { } next) state = next;
            else return null;
        return piece.Rest.Length == 0 || Array.Exists(state._ways, way => piece.MayGoOnIn(way.Set)) ? state : null;
    }

    /// <summary>Marks the pieces that the text can go on with.</summary>
    /// <param name="pieces">The pieces, each with its number; none empty, and each with <see cref="Rest"/> at its beginning.</param>
    /// <param name="allowed">Set where a piece's number is allowed.</param>
    public void Allow(IReadOnlyList<(int Number, Utf8Piece Piece)> pieces, bool[] allowed) => Allow(_ways, pieces, 0, allowed);

    /// <summary>
    /// All pieces at once, a character at a time, so that each way is followed once and not once for each piece; as llama.cpp does it.
    /// </summary>
    private void Allow(Frame[] ways, IReadOnlyList<(int Number, Utf8Piece Piece)> pieces, int at, bool[] allowed)
    {
        foreach (var way in ways)
        {
            var matched = new List<(int Number, Utf8Piece Piece)>();
            foreach (var (number, piece) in pieces)
                if (allowed[number]) continue;
                else if (at == piece.Characters.Length) allowed[number] = piece.MayGoOnIn(way.Set);
                else if (!way.Set.Contains(piece.Characters[at])) continue;
                else if (at + 1 == piece.Characters.Length && piece.Rest.Length == 0) allowed[number] = true;
                else matched.Add((number, piece));
            if (matched.Count == 0) continue;
            var next = new Ways(_grammar);
            next.Add(way.Next);
            Allow(next.ToState([])._ways, matched, at + 1, allowed);
        }
    }

    private GrammarState? After(int character, byte[] rest)
    {
        var next = new Ways(_grammar);
        foreach (var way in _ways)
            if (way.Set.Contains(character)) next.Add(way.Next);
        return next.IsEmpty ? null : next.ToState(rest);
    }

    /// <summary>
    /// A symbol of an alternative, and what comes after the alternative: a stack whose lower part many share.
    /// </summary>
    private sealed class Frame : IEquatable<Frame>
    {
        private readonly Symbol[] _alternative;
        private readonly int _at;
        private readonly Frame? _below;
        private readonly int _hash;

        public Frame(Symbol[] alternative, int at, Frame? below)
        {
            (_alternative, _at, _below) = (alternative, at, below);
            _hash = HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(alternative), at, below?._hash);
        }

        public Symbol Symbol => _alternative[_at];

        public CharacterSet Set => ((Symbol.Characters)Symbol).Set;

        /// <summary>What comes after this symbol; <see langword="null"/> if nothing does.</summary>
        public Frame? Next => _at + 1 < _alternative.Length ? new Frame(_alternative, _at + 1, _below) : _below;

        public bool Equals(Frame? other)
        {
            var own = this;
            for (; own is not null && other is not null && !ReferenceEquals(own, other); (own, other) = (own._below, other._below))
                if (own._hash != other._hash || own._alternative != other._alternative || own._at != other._at) return false;
            return ReferenceEquals(own, other);
        }

        public override bool Equals(object? obj) => Equals(obj as Frame);

        public override int GetHashCode() => _hash;
    }

    /// <summary>Follows rules until each way stands before a character.</summary>
    private sealed class Ways(Grammar grammar)
    {
        private readonly HashSet<Frame> _seen = [];
        private readonly Stack<Frame> _open = [];
        private readonly List<Frame> _ways = [];
        private bool _canEnd;

        public bool IsEmpty => _ways.Count == 0 && !_canEnd;

        public void Add(Frame? frame)
        {
            Open(frame);
            Follow();
        }

        public void AddRoot()
        {
            OpenRule(grammar.Root, null);
            Follow();
        }

        public GrammarState ToState(byte[] rest) => new(grammar, [.. _ways], _canEnd, rest);

        private void Follow()
        {
            while (_open.TryPop(out var next))
                if (next.Symbol is Symbol.Reference reference) OpenRule(reference.Rule, next.Next);
                else _ways.Add(next);
        }

        private void OpenRule(int rule, Frame? below)
        {
            foreach (var alternative in grammar.Rules[rule].Alternatives) Open(alternative.Length == 0 ? below : new Frame(alternative, 0, below));
        }

        private void Open(Frame? frame)
        {
            if (frame is null) _canEnd = true;
            else if (_seen.Add(frame)) _open.Push(frame);
            if (_seen.Count > MostWays) throw new DraftingException($"The grammar is too ambiguous: a text so far can be read in more than {MostWays} ways.");
        }
    }
}
