using HybridGen.Words;

namespace HybridGen.Candidates;

/// <summary>The names and terms of one document, found by their likeness to a word.</summary>
internal sealed class DocumentNames
{
    private const int ShortestName = 4;
    private const int CommonBucket = 11;

    private readonly DocumentWords _words;
    private readonly Dictionary<string, List<(string Form, int Order)>> _byStart = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Form, int Order)>> _byEnd = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _near = new(StringComparer.Ordinal);

    public DocumentNames(DocumentWords words, Lexicon lexicon)
    {
        _words = words;
        var order = 0;
        foreach (var form in words.Forms)
        {
            order++;
            if (!MayBeName(form) || lexicon.Bucket(form) >= CommonBucket) continue;
            Put(_byStart, form[..1], (form, order));
            Put(_byEnd, form[^2..], (form, order));
        }
    }

    /// <summary>Names like a body, the document's most frequent first; empty for a body that is no name.</summary>
    public IReadOnlyList<string> Near(string body)
    {
        if (!MayBeName(body)) return [];
        if (!_near.TryGetValue(body, out var near)) _near[body] = near = Find(body);
        return near;
    }

    private List<string> Find(string body)
    {
        var limit = body.Length <= 5 ? 1 : 2;
        var low = body.ToLowerInvariant();
        return [.. _byStart.GetValueOrDefault(body[..1], []).Union(_byEnd.GetValueOrDefault(body[^2..], []))
            .Where(name => name.Form != body && Math.Abs(name.Form.Length - body.Length) <= limit
                && EditDistance.Between(low, name.Form.ToLowerInvariant(), limit) <= limit)
            .OrderByDescending(name => _words.Count(name.Form)).ThenBy(name => name.Form.Length).ThenBy(name => name.Order)
            .Select(name => name.Form)];
    }

    private static bool MayBeName(string form) => form.Length >= ShortestName && char.IsUpper(form[0]);

    private static void Put(Dictionary<string, List<(string, int)>> index, string key, (string, int) name)
    {
        if (!index.TryGetValue(key, out var names)) index[key] = names = [];
        names.Add(name);
    }
}
