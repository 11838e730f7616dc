using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HybridGen.Tokens;

/// <summary>What a tokenizer does to a text before it cuts it.</summary>
internal abstract class Normalizer
{
    /// <summary>The normalized text.</summary>
    public abstract AlignedText Normalize(AlignedText text);

    /// <summary>Whether every text stays as it is.</summary>
    public virtual bool ChangesNothing => false;

    /// <summary>The normalizer of a <c>tokenizer.json</c>.</summary>
    public static Normalizer Read(JsonElement root) => root.Part("normalizer") is not { } part ? new Unchanged() : part.Kind() switch
    {
        "NFC" => new Composed(),
        "BertNormalizer" => new Bert(part),
        var other => throw TokenizerJson.Unknown($"normalizer.type is '{other}'; this reader knows NFC, BertNormalizer or none"),
    };

    private sealed class Unchanged : Normalizer
    {
        public override bool ChangesNothing => true;

        public override AlignedText Normalize(AlignedText text) => text;
    }

    private sealed class Composed : Normalizer
    {
        public override AlignedText Normalize(AlignedText text) => CanonicalForms.Compose(text);
    }

    /// <summary>BERT's: control characters go, white space becomes spaces, ideographs stand alone, accents and capitals go.</summary>
    /// <remarks>
    /// The library's categories are those of Unicode 8, .NET's are newer: they differ in some 600 characters, most of them marks of scripts
    /// that came later.
    /// </remarks>
    private sealed class Bert(JsonElement part) : Normalizer
    {
        private readonly bool _cleans = part.Flag("clean_text", true);
        private readonly bool _spacesIdeographs = part.Flag("handle_chinese_chars", true);
        private readonly bool _lowers = part.Flag("lowercase", true);
        private readonly bool _strips = part.Flag("strip_accents", part.Flag("lowercase", true));

        public override AlignedText Normalize(AlignedText text)
        {
            var runes = text.Runes();
            if (_cleans) runes = Clean(runes);
            if (_spacesIdeographs) runes = [.. runes.SelectMany(Spaced)];
            if (_strips) runes = CanonicalForms.Decompose(runes).FindAll(rune => Rune.GetUnicodeCategory(rune.Rune) != UnicodeCategory.NonSpacingMark);
            if (_lowers) runes = [.. runes.SelectMany(Lower)];
            return new AlignedText(runes);
        }

        private static List<AlignedRune> Clean(List<AlignedRune> runes) =>
            runes.FindAll(rune => !IsDropped(rune.Rune)).ConvertAll(rune => Rune.IsWhiteSpace(rune.Rune) ? rune with { Rune = new Rune(' ') } : rune);

        private static bool IsDropped(Rune rune) => rune.Value switch
        {
            '\t' or '\n' or '\r' => false,
            0xFFFD => true,
            _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse,
        };

        private static IEnumerable<AlignedRune> Spaced(AlignedRune rune)
        {
            if (!IsIdeograph(rune.Rune.Value)) return [rune];
            var space = rune with { Rune = new Rune(' ') };
            return [space, rune, space];
        }

        // The ranges of BERT's own tokenization.py, with the tokenizers library's one slip (2B920 for 2B820).
        private static bool IsIdeograph(int rune) => rune is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF
            or >= 0x2A700 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;

        private static IEnumerable<AlignedRune> Lower(AlignedRune rune)
        {
            // The only character whose small form is two.
            if (rune.Rune.Value == 0x130) return [rune with { Rune = new Rune('i') }, rune with { Rune = new Rune(0x307) }];
            return [rune with { Rune = Rune.ToLowerInvariant(rune.Rune) }];
        }
    }
}
