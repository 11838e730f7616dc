namespace HybridGen.Candidates;

/// <summary>
/// Which words may take each other's place without changing what a text says: the small words of English grammar, and the forms of one word.
/// </summary>
/// <remarks>A masked model would write any fitting word in a gap; a reviser must not put another meaning there.</remarks>
internal static class WordFamilies
{
    private const int ShortestStem = 3;

    // Each is a family: its words answer the same question of grammar. Quantities, negations, persons and most prepositions are none: "each" is
    // not "the", and a weak model finds the more usual word more probable everywhere. "I" is none either: a small one is a slip of the shift key,
    // not of grammar.
    private static readonly string[] Small =
    [
        "a an the", "am is are was were be been being", "have has had having", "do does did done doing", "of in on at to for from by with", "as than", "who whom whose which that",
        "this these", "that those", "much many", "less fewer", "can could", "may might", "shall should", "will would", "in into", "on onto", "if whether", "so such",
        "me my mine", "you your yours", "he him his", "she her hers", "it its", "we us our ours", "they them their theirs",
        "good better best well", "bad worse worst badly", "go goes went gone going", "get gets got gotten getting", "make makes made making", "take takes took taken taking",
        "come comes came coming", "see sees saw seen seeing", "know knows knew known knowing", "think thinks thought thinking", "say says said saying", "tell tells told telling",
        "give gives gave given giving", "find finds found finding", "feel feels felt feeling", "become becomes became becoming", "leave leaves left leaving", "bring brings brought bringing",
        "begin begins began begun beginning", "keep keeps kept keeping", "hold holds held holding", "write writes wrote written writing", "stand stands stood standing", "lose loses lost losing",
        "pay pays paid paying", "meet meets met meeting", "run runs ran running", "speak speaks spoke spoken speaking", "eat eats ate eaten eating", "teach teaches taught teaching",
        "buy buys bought buying", "choose chooses chose chosen choosing", "grow grows grew grown growing", "drive drives drove driven driving", "break breaks broke broken breaking",
        "spend spends spent spending", "sell sells sold selling", "fall falls fell fallen falling", "build builds built building", "send sends sent sending", "understand understands understood understanding",
        "man men", "woman women", "child children", "person people", "foot feet", "life lives", "wife wives",
    ];

    private static readonly string[] Endings = ["", "s", "es", "d", "ed", "ing", "ly", "er", "est", "'s"];

    private static readonly ILookup<string, int> Families = Small.SelectMany((line, family) => line.Split(' ').Select(word => (word, family))).ToLookup(entry => entry.word, entry => entry.family, StringComparer.Ordinal);

    // The families before this one are words of grammar alone, which may also be missing or too many.
    private const int FirstFormsFamily = 7;

    /// <summary>Whether a word in small letters is one of grammar alone.</summary>
    public static bool IsSmall(string word) => Families[word].Any(family => family < FirstFormsFamily);

    /// <summary>Whether two words in small letters are of one family.</summary>
    public static bool AreAkin(string a, string b) => Families[a].Intersect(Families[b]).Any() || Stems(a).Intersect(Stems(b), StringComparer.Ordinal).Any();

    /// <summary>The other forms that a lexicon has of a word in small letters.</summary>
    public static IEnumerable<string> Forms(string word, Lexicon lexicon) =>
        Families[word].SelectMany(family => Small[family].Split(' '))
            .Concat(Stems(word).SelectMany(stem => Endings.SelectMany(ending => new[] { stem + ending, stem + stem[^1] + ending, stem + "e" + ending, stem + "y", stem + "ies", stem + "ied" })))
            .Where(form => form != word && lexicon.Count(form) > 0 && AreAkin(word, form))
            .Distinct(StringComparer.Ordinal);

    /// <summary>What a word may be without its ending: walk for walked, mak for making, stop for stopped, stud for studies.</summary>
    private static IEnumerable<string> Stems(string word)
    {
        foreach (var ending in Endings)
        {
            if (!word.EndsWith(ending, StringComparison.Ordinal) || word.Length - ending.Length < ShortestStem) continue;
            var stem = word[..^ending.Length];
            yield return stem;
            if (stem[^1] is 'e' or 'y' or 'i') yield return stem[..^1];
            if (ending.Length > 1 && stem.Length > ShortestStem && stem[^1] == stem[^2]) yield return stem[..^1];
        }
    }
}
