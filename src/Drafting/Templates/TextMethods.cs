using System.Buffers;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>Python's methods of strings; each keeps what is known of where characters come from.</summary>
internal static class TextMethods
{
    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029");

    private static readonly Dictionary<string, Func<MarkedText, TemplateCall, TemplateValue>> All = new(StringComparer.Ordinal)
    {
        ["strip"] = (text, call) => Text(Strip(text, call, start: true, end: true)),
        ["lstrip"] = (text, call) => Text(Strip(text, call, start: true, end: false)),
        ["rstrip"] = (text, call) => Text(Strip(text, call, start: false, end: true)),
        ["split"] = (text, call) => List(Split(text, Separator(call), call.FindInteger(1, "maxsplit") ?? -1)),
        ["rsplit"] = (text, call) => List(SplitFromEnd(text, Separator(call), call.FindInteger(1, "maxsplit") ?? -1)),
        ["splitlines"] = (text, call) => List(Lines(text, call.IsTrue(0, "keepends"))),
        ["partition"] = (text, call) => Partition(text, call.NeedText(0, "sep").Value, isLast: false),
        ["rpartition"] = (text, call) => Partition(text, call.NeedText(0, "sep").Value, isLast: true),
        ["startswith"] = (text, call) => TemplateValue.Of(Any(call, prefix => text.Value.StartsWith(prefix, StringComparison.Ordinal))),
        ["endswith"] = (text, call) => TemplateValue.Of(Any(call, suffix => text.Value.EndsWith(suffix, StringComparison.Ordinal))),
        ["removeprefix"] = (text, call) => Text(text.Value.StartsWith(call.NeedText(0, "prefix").Value, StringComparison.Ordinal) ? text.Slice(call.NeedText(0, "prefix").Length, text.Length - call.NeedText(0, "prefix").Length) : text),
        ["removesuffix"] = (text, call) => Text(text.Value.EndsWith(call.NeedText(0, "suffix").Value, StringComparison.Ordinal) ? text.Slice(0, text.Length - call.NeedText(0, "suffix").Length) : text),
        ["replace"] = (text, call) => Text(Replace(text, call.NeedText(0, "old").Value, call.NeedText(1, "new"), call.FindInteger(2, "count") ?? -1, call.Budget)),
        ["upper"] = (text, _) => Text(text.Map(value => value.ToUpperInvariant())),
        ["lower"] = (text, _) => Text(text.Map(value => value.ToLowerInvariant())),
        ["title"] = (text, _) => Text(text.Map(Title)),
        ["capitalize"] = (text, _) => Text(text.Map(Capitalize)),
        ["swapcase"] = (text, _) => Text(text.Map(value => string.Concat(value.Select(letter => char.IsUpper(letter) ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter))))),
        ["join"] = (text, call) => Text(Join(text, Sequences.Items(call.Need(0, "iterable"), call.Budget), call.Budget, isStrict: true)),
        ["find"] = (text, call) => new TemplateValue.Integer(Find(text, call, text.Value.IndexOf(call.NeedText(0, "sub").Value, StringComparison.Ordinal))),
        ["rfind"] = (text, call) => new TemplateValue.Integer(Find(text, call, text.Value.LastIndexOf(call.NeedText(0, "sub").Value, StringComparison.Ordinal))),
        ["index"] = (text, call) => new TemplateValue.Integer(text.Value.IndexOf(call.NeedText(0, "sub").Value, StringComparison.Ordinal) is >= 0 and var at ? Find(text, call, at) : throw new ChatTemplateException("index() did not find the substring.")),
        ["count"] = (text, call) => new TemplateValue.Integer(call.NeedText(0, "sub").Length == 0 ? Sequences.Length(text.Value) + 1 : text.Value.AsSpan().Count(call.NeedText(0, "sub").Value)),
        ["isdigit"] = (text, _) => TemplateValue.Of(text.Length > 0 && text.Value.All(char.IsDigit)),
        ["isnumeric"] = (text, _) => TemplateValue.Of(text.Length > 0 && text.Value.All(char.IsNumber)),
        ["isalpha"] = (text, _) => TemplateValue.Of(text.Length > 0 && text.Value.All(char.IsLetter)),
        ["isalnum"] = (text, _) => TemplateValue.Of(text.Length > 0 && text.Value.All(letter => char.IsLetter(letter) || char.IsNumber(letter))),
        ["isspace"] = (text, _) => TemplateValue.Of(text.Length > 0 && text.Value.All(PythonText.IsSpace)),
        ["isupper"] = (text, _) => TemplateValue.Of(text.Value.Any(char.IsUpper) && !text.Value.Any(char.IsLower)),
        ["islower"] = (text, _) => TemplateValue.Of(text.Value.Any(char.IsLower) && !text.Value.Any(char.IsUpper)),
        ["ljust"] = (text, call) => Text(Pad(text, call, before: _ => 0)),
        ["rjust"] = (text, call) => Text(Pad(text, call, before: missing => missing)),
        ["center"] = (text, call) => Text(Pad(text, call, before: missing => missing / 2)),
        ["zfill"] = (text, call) => Text(Zeros(text, call)),
        ["format"] = (text, call) => Text(TextFormat.Braces(text, call)),
    };

    public static bool Exists(string name) => All.ContainsKey(name);

    public static TemplateValue Call(MarkedText text, TemplateCall call)
    {
        call.Budget.Spend(text.Length / 16);
        return All[call.Name](text, call);
    }

    /// <summary>Takes characters off the ends: white space, or those of the argument.</summary>
    public static MarkedText Strip(MarkedText text, TemplateCall call, bool start, bool end, int place = 0)
    {
        var characters = call.Find(place, "chars") is TemplateValue.Text given ? given.Value : null;
        bool IsTaken(char character) => characters is null ? PythonText.IsSpace(character) : characters.Contains(character, StringComparison.Ordinal);
        var (first, last) = (0, text.Length);
        while (start && first < last && IsTaken(text.Value[first])) first++;
        while (end && last > first && IsTaken(text.Value[last - 1])) last--;
        return text.Slice(first, last - first);
    }

    public static MarkedText Replace(MarkedText text, string old, MarkedText by, long count, TemplateBudget budget)
    {
        var (replaced, at) = (new MarkedTextBuilder(budget), 0);
        if (old.Length == 0) return Weave(text, by, count, budget);
        for (int found; count != 0 && (found = text.Value.IndexOf(old, at, StringComparison.Ordinal)) >= 0; count--)
        {
            replaced.Append(text.Slice(at, found - at)).Append(by);
            at = found + old.Length;
        }

        return at == 0 ? text : replaced.Append(text.Slice(at, text.Length - at)).Build();
    }

    public static MarkedText Join(MarkedText between, IReadOnlyList<TemplateValue> items, TemplateBudget budget, bool isStrict)
    {
        var joined = new MarkedTextBuilder(budget);
        for (var i = 0; i < items.Count; i++)
        {
            if (isStrict && items[i] is not TemplateValue.Text) throw new ChatTemplateException($"join() joins strings, not {Operators.Described(items[i])}.");
            if (i > 0) joined.Append(between);
            joined.Append(PythonText.Str(items[i], budget));
        }

        return joined.Build();
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Lines without their ends, or with them.</summary>
    public static IEnumerable<MarkedText> Lines(MarkedText text, bool keepEnds = false)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = text.Value.AsSpan(at).IndexOfAny(LineEnds);
            end = end < 0 ? text.Length : end + at;
            var next = end < text.Length ? end + (text.Value[end] == '\r' && end + 1 < text.Length && text.Value[end + 1] == '\n' ? 2 : 1) : end;
            yield return text.Slice(at, (keepEnds ? next : end) - at);
            at = next;
        }
    }

    private static MarkedText Weave(MarkedText text, MarkedText by, long count, TemplateBudget budget)
    {
        var woven = new MarkedTextBuilder(budget);
        for (var at = 0; at <= text.Length; at++)
        {
            if (at > 0) woven.Append(text.Slice(at - 1, 1));
            if (count-- != 0 && !(at > 0 && at < text.Length && char.IsLowSurrogate(text.Value[at]))) woven.Append(by);
        }

        return woven.Build();
    }

    private static MarkedText? Separator(TemplateCall call) => call.Find(0, "sep") switch
    {
        null or TemplateValue.None => null,
        TemplateValue.Text { Value.Length: > 0 } text => text.Marked,
        _ => throw new ChatTemplateException("the separator of split() is a string that is not empty."),
    };

    private static IEnumerable<MarkedText> Split(MarkedText text, MarkedText? separator, long most)
    {
        var at = 0;
        if (separator is not null)
        {
            for (int found; most != 0 && (found = text.Value.IndexOf(separator.Value, at, StringComparison.Ordinal)) >= 0; most--)
            {
                yield return text.Slice(at, found - at);
                at = found + separator.Length;
            }

            yield return text.Slice(at, text.Length - at);
            yield break;
        }

        for (; ; most--)
        {
            while (at < text.Length && PythonText.IsSpace(text.Value[at])) at++;
            if (at == text.Length) yield break;
            var end = at;
            while (end < text.Length && (most == 0 || !PythonText.IsSpace(text.Value[end]))) end++;
            yield return text.Slice(at, end - at);
            if (most == 0) yield break;
            at = end;
        }
    }

    private static List<MarkedText> SplitFromEnd(MarkedText text, MarkedText? separator, long most)
    {
        var (parts, end) = (new List<MarkedText>(), text.Length);
        if (separator is null || most < 0) return most < 0 ? [.. Split(text, separator, -1)] : throw new ChatTemplateException("rsplit() with a number of parts needs a separator.");
        for (int found; most != 0 && end >= separator.Length && (found = text.Value.AsSpan(0, end).LastIndexOf(separator.Value)) >= 0; most--)
        {
            parts.Insert(0, text.Slice(found + separator.Length, end - found - separator.Length));
            end = found;
        }

        parts.Insert(0, text.Slice(0, end));
        return parts;
    }

    private static TemplateValue.Sequence Partition(MarkedText text, string separator, bool isLast)
    {
        if (separator.Length == 0) throw new ChatTemplateException("the separator of partition() is empty.");
        var at = isLast ? text.Value.LastIndexOf(separator, StringComparison.Ordinal) : text.Value.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0) return isLast ? TemplateValue.Tuple(Text(MarkedText.Empty), Text(MarkedText.Empty), Text(text)) : TemplateValue.Tuple(Text(text), Text(MarkedText.Empty), Text(MarkedText.Empty));
        var end = at + separator.Length;
        return TemplateValue.Tuple(Text(text.Slice(0, at)), Text(text.Slice(at, separator.Length)), Text(text.Slice(end, text.Length - end)));
    }

    private static bool Any(TemplateCall call, Func<string, bool> holds) => call.Need(0, "prefix") switch
    {
        TemplateValue.Sequence { IsTuple: true } parts => parts.Items.Any(part => part is TemplateValue.Text text && holds(text.Value)),
        TemplateValue.Text text => holds(text.Value),
        var other => throw new ChatTemplateException($"{call.Name}() takes a string or a tuple of strings, not {Operators.Described(other)}."),
    };

    private static int Find(MarkedText text, TemplateCall call, int at)
    {
        if (call.Positional.Count > 1) throw new ChatTemplateException($"{call.Name}() takes one argument here.");
        return at < 0 ? -1 : Sequences.Length(text.Value[..at]);
    }

    private static string Title(string text)
    {
        var (title, isInside) = (new StringBuilder(text.Length), false);
        foreach (var letter in text)
        {
            title.Append(isInside ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter));
            isInside = char.IsLetter(letter);
        }

        return title.ToString();
    }

    private static MarkedText Pad(MarkedText text, TemplateCall call, Func<int, int> before)
    {
        var width = call.FindInteger(0, "width") ?? 80;
        TemplateBudget.Check(width);
        var missing = (int)Math.Max(0, width - Sequences.Length(text.Value));
        var fill = call.Find(1, "fillchar") is TemplateValue.Text given && given.Value.Length == 1 ? given.Value[0] : ' ';
        return new MarkedTextBuilder(call.Budget).Append(new string(fill, before(missing))).Append(text).Append(new string(fill, missing - before(missing))).Build();
    }

    private static MarkedText Zeros(MarkedText text, TemplateCall call)
    {
        var width = call.FindInteger(0, "width") ?? throw new ChatTemplateException("zfill() needs a width.");
        TemplateBudget.Check(width);
        var sign = text.Length > 0 && text.Value[0] is '+' or '-' ? 1 : 0;
        var zeros = new string('0', (int)Math.Max(0, width - Sequences.Length(text.Value)));
        return new MarkedTextBuilder(call.Budget).Append(text.Slice(0, sign)).Append(zeros).Append(text.Slice(sign, text.Length - sign)).Build();
    }

    private static TemplateValue.Text Text(MarkedText text) => new(text);

    private static TemplateValue.Sequence List(IEnumerable<MarkedText> parts) => TemplateValue.List(parts.Select(Text));
}
