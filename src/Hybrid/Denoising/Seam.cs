using HybridGen.Tokens;

namespace HybridGen.Denoising;

/// <summary>Where written tokens meet given text.</summary>
internal static class Seam
{
    private const char Broken = '\uFFFD';

    /// <summary>Given text as the model is to see it before a place it writes: a single space at the end belongs to the next token in most vocabularies.</summary>
    public static string Left(string text) => EndsWithOneSpace(text) ? text[..^1] : text;

    /// <summary>The text of written ids as it reads between its neighbours; what is no whole character is left out.</summary>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="left">The token before; -1 for none.</param>
    /// <param name="ids">The written ids; masks among them have no text.</param>
    /// <param name="right">The token behind; -1 for none.</param>
    /// <param name="maskId">The mask.</param>
    public static string Text(ITokenizer tokenizer, int left, IEnumerable<int> ids, int right, int maskId)
    {
        int[] written = [.. ids.Where(id => id != maskId)];
        if (written.Length == 0) return "";
        var (before, behind) = (Of(left), Of(right).TrimStart());
        var whole = tokenizer.Decode([.. left < 0 ? [] : new[] { left }, .. written, .. right < 0 ? [] : new[] { right }], skipSpecial: true);
        var text = whole.StartsWith(before, StringComparison.Ordinal) && whole.EndsWith(behind, StringComparison.Ordinal) && whole.Length >= before.Length + behind.Length
            ? whole[before.Length..^behind.Length]
            : tokenizer.Decode(written, skipSpecial: true);
        if (right >= 0 && Of(right) is [' ', ..] && text is [.., ' ']) text = text[..^1];
        return text.Replace($"{Broken}", "", StringComparison.Ordinal);

        string Of(int id) => id < 0 ? "" : tokenizer.Decode([id], skipSpecial: true);
    }

    /// <summary>Written text without the spaces that the given text around it has already.</summary>
    public static string Fit(string left, string text, string right)
    {
        text = FitLeft(left, text);
        return text is [.., ' '] && (right.Length == 0 || char.IsWhiteSpace(right[0])) ? text[..^1] : text;
    }

    /// <summary>Written text without the space that the given text before it has already.</summary>
    public static string FitLeft(string left, string text) => text is [' ', ..] && (left.Length == 0 || char.IsWhiteSpace(left[^1])) ? text[1..] : text;

    private static bool EndsWithOneSpace(string text) => text is [' '] || (text is [.., var last, ' '] && !char.IsWhiteSpace(last));
}
