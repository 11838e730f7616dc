using System.Collections.Concurrent;
using HybridGen.Checkpoints;
using HybridGen.Words;

namespace HybridGen.Candidates;

/// <summary>Names the forms that could stand in a word's place: the document's own names, common confusions, the lexicon's near words.</summary>
internal sealed class CandidateSource
{
    /// <summary>Candidates of one word, the draft itself not counted.</summary>
    public const int Most = 7;

    private const int MostOfDocument = 2;
    private const int MostOfLexicon = 6;
    private const int MostOfDraft = 2;
    private const int LongestBody = 24;
    private const int RarestHalf = 1500;
    private const int MostCached = 50_000;

    private readonly Lexicon _lexicon;
    private readonly DeletionIndex _index;
    private readonly Dictionary<string, string[]> _confusions;
    private readonly ConcurrentDictionary<string, Candidate[]> _cache = new(StringComparer.Ordinal);

    public CandidateSource(Lexicon lexicon, IEnumerable<string> confusions)
    {
        _lexicon = lexicon;
        _index = new DeletionIndex(lexicon.Words);
        _confusions = confusions.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length > 1)
            .ToDictionary(words => words[0], words => words[1..], StringComparer.Ordinal);
    }

    /// <summary>Reads <c>lexicon.tsv</c> and <c>confusions.txt</c> of a refiner's folder.</summary>
    public static CandidateSource Read(string folder) =>
        new(Lexicon.Read(Path.Combine(folder, "lexicon.tsv")), CheckpointText.ReadLines(Path.Combine(folder, "confusions.txt")));

    /// <summary>Reads the lexicon of the first folder that has one; where none has, only the document's own names are candidates.</summary>
    public static CandidateSource ReadFirst(IEnumerable<string> folders) =>
        folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "lexicon.tsv"))) is { } folder ? Read(folder) : new(Lexicon.Empty, []);

    public Lexicon Lexicon => _lexicon;

    /// <summary>The candidates of a word in its document, at most <see cref="Most"/>, in the model's order.</summary>
    public IReadOnlyList<Candidate> For(Word word, DocumentNames names)
    {
        if (!word.StartsWithLetter) return [];
        var general = WithoutDocument(word.Body);
        var own = names.Near(word.Body);
        if (own.Count == 0) return general;
        var first = own.Take(MostOfDocument).Select(form => Make(word.Body, form, CandidateKind.Document)).ToList();
        first.AddRange(general.Where(candidate => first.TrueForAll(named => named.Form != candidate.Form)));
        return first.Count <= Most ? first : first[..Most];
    }

    /// <summary>Candidates with near forms from a draft's alternatives among them, which take the last ones' places where there are too many.</summary>
    /// <param name="known">The candidates of a word.</param>
    /// <param name="body">The word without its space.</param>
    /// <param name="drafted">What the drafter could have written instead, the most probable first.</param>
    public IReadOnlyList<Candidate> With(IReadOnlyList<Candidate> known, string body, IEnumerable<string> drafted)
    {
        if (body.Length > LongestBody) return known;
        var farthest = body.Length <= 3 ? 1 : 2;
        var near = drafted.Where(form => known.All(other => other.Form != form)).Select(form => Describe(body, form))
            .Where(form => form.Distance > 0 && form.Distance <= farthest).Take(MostOfDraft).ToList();
        return near.Count == 0 ? known : [.. known.Take(Most - near.Count), .. near];
    }

    /// <summary>The candidates of a body that starts with a letter, whatever the document.</summary>
    public Candidate[] WithoutDocument(string body)
    {
        if (_cache.TryGetValue(body, out var known)) return known;
        if (_cache.Count >= MostCached) _cache.Clear();
        return _cache[body] = Find(body);
    }

    /// <summary>A form from elsewhere, described as one of the lexicon's.</summary>
    public Candidate Describe(string body, string form) => Make(body, form, CandidateKind.Lexicon);

    private Candidate[] Find(string body)
    {
        if (body.Length > LongestBody) return [];
        var low = body.ToLowerInvariant();
        var own = _lexicon.Count(low);
        var found = new List<Candidate>(Most);
        foreach (var confusion in _confusions.GetValueOrDefault(low, []).Take(3)) Add(found, body, Cased(confusion, body), CandidateKind.Confusion);
        if (own > 0) Add(found, body, OtherCase(body, low), CandidateKind.Case);
        if (body.Length > 1) AddNearWords(found, body, low, own);
        if (own == 0 && body.Length > 3 && BestSplit(body, low) is { } split) Add(found, body, split, CandidateKind.Split);
        return [.. found];
    }

    private void AddNearWords(List<Candidate> found, string body, string low, int own)
    {
        var limit = low.Length <= 3 || own > 200 ? 1 : 2;
        foreach (var word in NearWords(low, own, limit))
        {
            if (found.Count >= MostOfLexicon) return;
            Add(found, body, Cased(_lexicon.Preferred[word], body), CandidateKind.Lexicon);
        }
    }

    /// <summary>Places of lexicon words near a word, the likeliest first.</summary>
    private IEnumerable<int> NearWords(string low, int own, int limit)
    {
        var places = new HashSet<int>();
        _index.Near(low, limit, places);
        var letters = Sorted(low);
        return places
            .Where(place => (long)_lexicon.Counts[place] * 50 >= own && _lexicon.Words[place] != low)
            .Select(place => (Place: place, Distance: EditDistance.Between(low, _lexicon.Words[place], limit)))
            .Where(near => near.Distance <= limit)
            .OrderByDescending(near => Likeliness(near.Place, near.Distance))
            .ThenBy(near => near.Distance)
            .ThenByDescending(near => _lexicon.Counts[near.Place])
            .ThenBy(near => _lexicon.Words[near.Place], StringComparer.Ordinal)
            .Select(near => near.Place);

        double Likeliness(int place, int distance) =>
            Math.Log(_lexicon.Counts[place] + 1) - 4.5 * distance
            + (_lexicon.Words[place][0] == low[0] ? 1.5 : 0)
            + (_lexicon.Words[place].Length == low.Length && Sorted(_lexicon.Words[place]) == letters ? 0.7 : 0);
    }

    private static string Sorted(string word)
    {
        var letters = word.ToCharArray();
        Array.Sort(letters);
        return new string(letters);
    }

    private string OtherCase(string body, string low)
    {
        var preferred = _lexicon.Prefer(low);
        if (body == low) return preferred;
        return char.IsUpper(body[0]) && !char.IsUpper(preferred[0]) ? low : preferred;
    }

    private string? BestSplit(string body, string low)
    {
        var (place, most) = (0, 0);
        for (var i = 1; i < low.Length; i++)
        {
            if (i == 1 && low[0] is not ('a' or 'i')) continue;
            var rarer = Math.Min(_lexicon.Count(low.AsSpan(0, i)), _lexicon.Count(low.AsSpan(i)));
            if (rarer >= RarestHalf && rarer > most) (place, most) = (i, rarer);
        }

        return place == 0 ? null : body.Insert(place, " ");
    }

    private void Add(List<Candidate> found, string body, string form, CandidateKind kind)
    {
        if (form != body && found.TrueForAll(other => other.Form != form)) found.Add(Make(body, form, kind));
    }

    private Candidate Make(string body, string form, CandidateKind kind)
    {
        var (from, to) = (body.ToLowerInvariant(), form.ToLowerInvariant());
        return new Candidate(form, kind, Frequency(form, kind), EditDistance.Between(from, to), EditOperations.Between(from, to));
    }

    private int Frequency(string form, CandidateKind kind) =>
        kind == CandidateKind.Split ? form.Split(' ').Min(_lexicon.Bucket) : _lexicon.Bucket(form);

    /// <summary>A word in the capitals of the draft that it would replace.</summary>
    private static string Cased(string word, string draft)
    {
        if (draft.Length > 1 && IsUpper(draft)) return word.ToUpperInvariant();
        return char.IsUpper(draft[0]) ? char.ToUpperInvariant(word[0]) + word[1..] : word;
    }

    private static bool IsUpper(string word) => word.Any(char.IsUpper) && !word.Any(char.IsLower);
}
