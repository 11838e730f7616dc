using System.Globalization;
using System.Text.Json;
using HybridGen.Checkpoints;
using HybridGen.Models;
using HybridGen.Tokens;

namespace HybridGen.Verifying;

/// <summary>Texts with the ids and the decoded text that the original tokenizer gave.</summary>
/// <remarks>
/// <c>{"cases": [{"text", "ids", "ids_with_special", "decoded"}]}</c>; where a case also has <c>offsets_utf16</c> (a start and an end for each
/// token) or <c>decoded_skip_special</c>, those are compared too.
/// </remarks>
internal sealed class TokenizerCases : ICaseKind
{
    private const int LongestShown = 30;

    public string File => "tokenizer_cases.json";

    public IEnumerable<VerifiedCase> Run(string folder, IDenoiser denoiser, VerifyOptions options)
    {
        var (tokenizer, path) = (Tokenizer.Load(folder), Path.Combine(folder, File));
        var cases = Read(path);
        if (cases.Count == 0) throw new CheckpointFormatException($"'{path}' has no cases.");
        foreach (var (index, item) in cases.Index()) yield return Run(tokenizer, item, index, path);
    }

    /// <summary>What differs between what a tokenizer makes of a text and what a case expects; nothing where they agree.</summary>
    /// <exception cref="InvalidOperationException">A value is of the wrong kind.</exception>
    /// <exception cref="KeyNotFoundException">A value is missing.</exception>
    /// <exception cref="FormatException">A number is no integer.</exception>
    internal static IEnumerable<string> Differences(Tokenizer tokenizer, string text, JsonElement item)
    {
        var tokens = tokenizer.Tokenize(text, readsAdded: true);
        int[] ids = [.. tokens.Select(token => token.Id)];
        if (!Numbers(item.GetProperty("ids")).SequenceEqual(ids)) yield return "ids";
        if (!Numbers(item.GetProperty("ids_with_special")).SequenceEqual(tokenizer.WithTemplate(ids))) yield return "ids with special tokens";
        if (item.GetProperty("decoded").GetString() != tokenizer.Decode(ids)) yield return "decoded text";
        if (item.TryGetProperty("decoded_skip_special", out var plain) && plain.GetString() != tokenizer.Decode(ids, skipSpecial: true)) yield return "decoded text without special tokens";
        if (item.TryGetProperty("offsets_utf16", out var offsets) && !offsets.EnumerateArray().SelectMany(Numbers).SequenceEqual(tokens.SelectMany(token => new[] { token.Span.Start, token.Span.End }))) yield return "offsets";
    }

    private static VerifiedCase Run(Tokenizer tokenizer, JsonElement item, int index, string path)
    {
        try
        {
            var text = item.GetProperty("text").GetString()!;
            var differences = string.Join(", ", Differences(tokenizer, text, item));
            var shown = JsonSerializer.Serialize(text.Length > LongestShown ? text[..LongestShown] : text, HybridJson.Default.String);
            return new VerifiedCase("tokenizer", index.ToString(CultureInfo.InvariantCulture), differences.Length == 0, null, differences.Length == 0 ? shown : $"{differences} differ for {shown}");
        }
        catch (Exception failure) when (failure is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new CheckpointFormatException($"'{path}', case {index}: {failure.Message}", failure);
        }
    }

    private static List<JsonElement> Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
            return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(item => item.Clone())];
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CheckpointFormatException($"'{path}' is no file of tokenizer cases: {failure.Message}", failure);
        }
    }

    private static IEnumerable<int> Numbers(JsonElement array) => array.EnumerateArray().Select(number => number.GetInt32());
}
