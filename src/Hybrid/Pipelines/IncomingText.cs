using System.Text;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Pipelines;

/// <summary>A part of a stream's text after its revision.</summary>
/// <param name="Text">The revised text; the blocks joined are the whole.</param>
/// <param name="Edits">What was changed; the spans index the text as it came in, from its beginning.</param>
public sealed record RevisedBlock(string Text, IReadOnlyList<Edit> Edits);

/// <summary>A text that comes in bit by bit and is revised block by block; only what stands before a block, and what has come after it, is read with it.</summary>
internal sealed class IncomingText(HybridGenEngine engine, StreamReviserOptions options)
{
    private readonly StringBuilder _pending = new();
    private string _revised = "";
    private int _taken;

    public bool IsPending => _pending.Length > 0;

    /// <summary>Where what is pending begins, in the text as it came in; <see langword="null"/> where nothing is.</summary>
    public int? PendingFrom => IsPending ? _taken : null;

    public void Append(string text) => _pending.Append(text);

    /// <summary>How much of what is pending is to be revised now.</summary>
    /// <param name="isLate">Whether it has waited for as long as it may.</param>
    public int Due(bool isLate)
    {
        if (_pending.Length < options.BlockLength && !isLate) return 0;
        var text = _pending.ToString();
        if (Sentences.LastEnd(text) is { } end) return end;
        return isLate || text.Length >= options.MaxBlockLength ? LastWhiteSpace(text) : 0;
    }

    /// <summary>Revises the beginning of what is pending, and takes it out.</summary>
    public async Task<RevisedBlock> TakeAsync(int length, CancellationToken cancellationToken)
    {
        var (before, part) = (_revised.Length, new TextSpan(_revised.Length, length));
        var revision = await engine.ReviseAsync(_revised + _pending, options.Revise with { Part = part }, cancellationToken: cancellationToken).ConfigureAwait(false);
        var block = revision.Output[before..(part.End + revision.Output.Length - revision.Input.Length)];
        var edits = revision.Edits.Select(edit => edit with { Span = edit.Span with { Start = edit.Span.Start - before + _taken } }).ToList();
        _pending.Remove(0, length);
        _taken += length;
        _revised = WithoutOldest(_revised + block);
        return new RevisedBlock(block, edits);
    }

    /// <summary>Revises all that is pending, and takes it out.</summary>
    public Task<RevisedBlock> TakeAllAsync(CancellationToken cancellationToken) => TakeAsync(_pending.Length, cancellationToken);

    /// <summary>What comes next does not belong to the sentence before.</summary>
    public void Break() => _revised += "\n\n";

    /// <summary>Far more is dropped at once than is over, so that it is not done at every block; never a part of a word.</summary>
    private string WithoutOldest(string text)
    {
        if (text.Length <= options.ContextLength) return text;
        var rest = text[^(options.ContextLength / 2)..];
        return rest[(rest.AsSpan().IndexOfAny(" \n") + 1)..];
    }

    private static int LastWhiteSpace(string text)
    {
        for (var i = text.Length - 1; i > 0; i--)
            if (char.IsWhiteSpace(text[i])) return i;
        return 0;
    }
}
