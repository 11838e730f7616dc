using System.Globalization;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Attributing;

/// <summary>Tells the drafter's tokens from the refiner's in a revised text.</summary>
internal sealed class RevisedTokens
{
    private readonly List<RevisedToken> _tokens = [];
    private readonly List<Group> _groups;
    private int _next;

    private RevisedTokens(IReadOnlyList<DraftToken> draft) => _groups = Groups(draft);

    /// <summary>The tokens of a revised draft; their spans tile the output.</summary>
    /// <remarks>
    /// A drafter's token that no edit touches stays what it is. One that an edit cuts is split: its characters that are kept have their share of its
    /// log-probability, and no id. An edit that leaves a part of a user-perceived character (an extended grapheme cluster) takes all of it.
    /// </remarks>
    /// <param name="draft">The tokens of the revision's input, tiling it.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="refined">The refiner's tokens of an edit's new text, tiling it; null where only the text is known.</param>
    /// <exception cref="ArgumentException">Tokens are not those of their text.</exception>
    public static IReadOnlyList<RevisedToken> Of(IReadOnlyList<DraftToken> draft, Revision revision, Func<Edit, IReadOnlyList<RevisedToken>?>? refined = null)
    {
        var revised = new RevisedTokens(draft);
        if (!string.Concat(draft.Select(token => token.Text)).Equals(revision.Input, StringComparison.Ordinal))
            throw new ArgumentException("The tokens are those of another text than the revision's input.", nameof(draft));
        var (at, shift) = (0, 0);
        foreach (var place in Places(revision))
        {
            revised.Keep(new TextSpan(at, place.Input.Start - at), shift);
            revised._tokens.AddRange(Write(place, revision.Output, refined));
            (at, shift) = (place.Input.End, place.Output.End - place.Input.End);
        }

        revised.Keep(new TextSpan(at, revision.Input.Length - at), shift);
        return revised._tokens;
    }

    /// <summary>Adds what the drafter wrote in a part of the input.</summary>
    private void Keep(TextSpan part, int shift)
    {
        for (; _next < _groups.Count && _groups[_next].Span.Start < Math.Max(part.End, 1); _next++)
        {
            var group = _groups[_next];
            var start = Math.Max(part.Start, group.Span.Start);
            var kept = new TextSpan(start, Math.Min(part.End, group.Span.End) - start);
            if (kept == group.Span) _tokens.AddRange(group.Tokens.Select(token => Whole(token, shift)));
            else if (kept.Length > 0) _tokens.Add(group.Cut(kept, shift));
            if (group.Span.End > part.End) return;
        }
    }

    private static RevisedToken Whole(DraftToken token, int shift) =>
        new(token.Text, token.Span with { Start = token.Span.Start + shift }, TokenOrigin.Drafter, token.LogProbability, token.Id);

    private static IReadOnlyList<RevisedToken> Write(Place place, string output, Func<Edit, IReadOnlyList<RevisedToken>?>? refined)
    {
        var text = place.Output.Of(output).ToString();
        if (text.Length == 0) return [];
        if (place.Edit is null || refined?.Invoke(place.Edit) is not { } tokens) return [new RevisedToken(text, place.Output, TokenOrigin.Refiner, null, null)];
        if (string.Concat(tokens.Select(token => token.Text)) != text)
            throw new ArgumentException($"The refiner's tokens are not those of its edit '{text}'.", nameof(refined));
        return [.. tokens.Select(token => token with { Span = token.Span with { Start = token.Span.Start + place.Output.Start } })];
    }

    /// <summary>Where the refiner wrote, in order; edits that share a user-perceived character are one place.</summary>
    private static List<Place> Places(Revision revision)
    {
        var places = new List<Place>(revision.Edits.Count);
        var boundaries = revision.Edits.Count == 0 ? [] : Boundaries(revision.Output);
        var shift = 0;
        foreach (var edit in revision.Edits)
        {
            var written = new Place(edit.Span, new TextSpan(edit.Span.Start + shift, edit.After.Length), edit);
            var place = written.Widen(boundaries);
            if (places.Count > 0 && place.Output.Start < places[^1].Output.End) places[^1] = places[^1].Join(place);
            else places.Add(place);
            shift += edit.After.Length - edit.Span.Length;
        }

        return places;
    }

    /// <summary>Whether a user-perceived character begins at each place of a text, or the text ends there.</summary>
    private static bool[] Boundaries(string text)
    {
        var boundaries = new bool[text.Length + 1];
        foreach (var start in StringInfo.ParseCombiningCharacters(text)) boundaries[start] = true;
        boundaries[text.Length] = true;
        return boundaries;
    }

    /// <summary>Tokens with the one that completes their character; after the last character, what the draft left unfinished.</summary>
    private static List<Group> Groups(IReadOnlyList<DraftToken> draft)
    {
        var groups = new List<Group>(draft.Count);
        var open = new List<DraftToken>();
        foreach (var token in draft)
        {
            open.Add(token);
            if (token.Text.Length == 0) continue;
            groups.Add(new Group(open, token.Span));
            open = [];
        }

        if (groups.Count == 0) groups.Add(new Group(open, default));
        else groups[^1].Tokens.AddRange(open);
        return groups;
    }

    private sealed record Group(List<DraftToken> Tokens, TextSpan Span)
    {
        public RevisedToken Cut(TextSpan kept, int shift)
        {
            var text = string.Concat(Tokens.Select(token => token.Text)).Substring(kept.Start - Span.Start, kept.Length);
            var share = Tokens.TrueForAll(token => token.LogProbability is not null) ? Tokens.Sum(token => token.LogProbability) * kept.Length / Span.Length : null;
            return new RevisedToken(text, kept with { Start = kept.Start + shift }, TokenOrigin.Drafter, share, null);
        }
    }

    /// <summary>A place that the refiner wrote, in both texts.</summary>
    /// <param name="Input">What it replaced.</param>
    /// <param name="Output">What stands there now.</param>
    /// <param name="Edit">The edit that did exactly this; null where characters of the drafter were taken along.</param>
    private sealed record Place(TextSpan Input, TextSpan Output, Edit? Edit)
    {
        public Place Widen(bool[] boundaries)
        {
            var (before, after) = (0, 0);
            while (!boundaries[Output.Start - before]) before++;
            while (!boundaries[Output.End + after]) after++;
            return before + after == 0 ? this : new Place(Wider(Input, before, after), Wider(Output, before, after), null);
        }

        public Place Join(Place next) => new(Between(Input, next.Input), Between(Output, next.Output), null);

        private static TextSpan Wider(TextSpan span, int before, int after) => new(span.Start - before, span.Length + before + after);

        private static TextSpan Between(TextSpan first, TextSpan last) => new(first.Start, last.End - first.Start);
    }
}
