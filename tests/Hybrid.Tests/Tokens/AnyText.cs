using CsCheck;

namespace HybridGen.Hybrid.Tests.Tokens;

/// <summary>Texts that programs tend to get wrong.</summary>
internal static class AnyText
{
    /// <summary>One of some values.</summary>
    public static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static readonly Gen<string> Parts = Gen.OneOf(
        Gen.Char["abc theTHE"].Select(character => character.ToString()),
        Gen.Char[".,!?'\"()<|>[]-_/\\#0123456789"].Select(character => character.ToString()),
        Gen.Char[" \t\r\n\u00a0\u2003\u3000\u0085\u2028"].Select(character => character.ToString()),
        Gen.Char["éàçñüöäßøłİıſK’“”—…€"].Select(character => character.ToString()),
        Gen.Char["\u0301\u0300\u0323\u0302\u0308\u0327\u031b\u0345\u3099\u093c"].Select(character => character.ToString()),
        Gen.Char["日本語中文かが한국\u1100\u1161\u11a8कख़Ω豈"].Select(character => character.ToString()),
        Gen.Char["العربيةשלום\u200f\u202e"].Select(character => character.ToString()),
        Gen.Char["\0\u0001\u001f\u007f\u200b\u200d\u00ad\ufeff\ufffd\ue000\uffff"].Select(character => character.ToString()),
        Any("👍🏽", "👨‍👩‍👧", "🇩🇪", "❤️", "𝒜", "𝟙", "𐐀", "𠀀", "\U0001d15e", "e\u0301", "<|mask|>", "[MASK]", "<think>", "don't"),
        Gen.Char.Select(character => character.ToString()));

    /// <summary>Texts of up to 30 such parts.</summary>
    public static Gen<string> Whole { get; } = Parts.Where(part => !part.Any(char.IsSurrogate) || part.Length > 1).Array[0, 30].Select(string.Concat);

    /// <summary>Texts that may hold halves of surrogate pairs.</summary>
    public static Gen<string> Broken { get; } = Gen.OneOf(Parts, Any("\ud83d", "\udc4d", "\ud800", "\udfff")).Array[0, 30].Select(string.Concat);
}
