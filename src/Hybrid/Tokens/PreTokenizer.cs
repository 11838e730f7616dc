using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HybridGen.Tokens;

/// <summary>Cuts a text into the pieces that no token crosses.</summary>
internal abstract class PreTokenizer
{
    /// <summary>The pieces of a text that is not empty.</summary>
    public abstract IEnumerable<AlignedText> Cut(AlignedText text);

    /// <summary>The pre-tokenizer of a <c>tokenizer.json</c>, or a step of one.</summary>
    public static PreTokenizer Read(JsonElement part, string path = "pre_tokenizer") => part.Kind() switch
    {
        "ByteLevel" => new ByteLevel(part),
        "BertPreTokenizer" => new Bert(),
        "Split" => new Split(part, path),
        "Sequence" => new Sequence(part, path),
        var other => throw TokenizerJson.Unknown($"{path}.type is '{other}'; this reader knows ByteLevel, BertPreTokenizer, Split or a Sequence of these"),
    };

    /// <summary>The one expression that does the same to texts of the basic plane; null where there is none.</summary>
    public virtual Regex? Regex => null;

    /// <summary>Whether the pieces are meant to be read as bytes.</summary>
    public virtual bool IsByteLevel => false;

    /// <summary>Whether a space is put before a text that begins without one.</summary>
    public virtual bool AddsSpace => false;

    private sealed class ByteLevel(JsonElement part) : PreTokenizer
    {
        // GPT-2's pattern, which this pre-tokenizer stands for (Radford et al. 2019).
        private static readonly CharacterPattern Gpt2 = new(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");

        private readonly CharacterPattern? _pattern = part.Flag("use_regex", true) ? Gpt2 : null;

        public override Regex? Regex => _pattern?.Regex;

        public override bool IsByteLevel => true;

        public override bool AddsSpace { get; } = part.Flag("add_prefix_space");

        public override IEnumerable<AlignedText> Cut(AlignedText text)
        {
            if (AddsSpace && text.Text[0] != ' ') text = text.BehindSpace();
            return _pattern is null ? [text] : _pattern.Cut(text.Text).Select(cut => text.Slice(cut.Start, cut.Length));
        }
    }

    private sealed class Split : PreTokenizer
    {
        private readonly CharacterPattern _pattern;

        public Split(JsonElement part, string path)
        {
            TokenizerJson.Require(part.Text("behavior") == "Isolated" && !part.Flag("invert"), $"{path} does not isolate its matches, the only behavior this reader knows");
            var pattern = part.GetProperty("pattern");
            _pattern = new CharacterPattern(pattern.Part("Regex")?.GetString() ?? Regex.Escape(pattern.Text("String")));
        }

        public override Regex? Regex => _pattern.Regex;

        public override IEnumerable<AlignedText> Cut(AlignedText text) => _pattern.Cut(text.Text).Select(cut => text.Slice(cut.Start, cut.Length));
    }

    /// <summary>BERT's: white space separates and is dropped, punctuation stands alone.</summary>
    private sealed class Bert : PreTokenizer
    {
        public override IEnumerable<AlignedText> Cut(AlignedText text)
        {
            var (start, at) = (0, 0);
            foreach (var rune in text.Text.EnumerateRunes())
            {
                var next = at + rune.Utf16SequenceLength;
                if (Rune.IsWhiteSpace(rune) || IsPunctuation(rune))
                {
                    if (at > start) yield return text.Slice(start, at - start);
                    if (!Rune.IsWhiteSpace(rune)) yield return text.Slice(at, next - at);
                    start = next;
                }

                at = next;
            }

            if (at > start) yield return text.Slice(start, at - start);
        }

        private static bool IsPunctuation(Rune rune) => Rune.IsPunctuation(rune) || rune.IsAscii && Rune.IsSymbol(rune);
    }

    private sealed class Sequence : PreTokenizer
    {
        private readonly PreTokenizer[] _steps;

        public Sequence(JsonElement part, string path) =>
            _steps = [.. part.GetProperty("pretokenizers").EnumerateArray().Select((step, i) => Read(step, $"{path}.pretokenizers[{i}]"))];

        public override Regex? Regex => _steps.Count(step => step.Regex is not null) == 1 ? _steps.First(step => step.Regex is not null).Regex : null;

        public override bool IsByteLevel => _steps.Any(step => step.IsByteLevel);

        public override bool AddsSpace => _steps.Any(step => step.AddsSpace);

        public override IEnumerable<AlignedText> Cut(AlignedText text) => _steps.Aggregate((IEnumerable<AlignedText>)[text], (pieces, step) => pieces.SelectMany(step.Cut));
    }
}
