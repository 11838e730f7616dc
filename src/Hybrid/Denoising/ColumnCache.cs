using HybridGen.Models;

namespace HybridGen.Denoising;

/// <summary>The columns that a pass runs.</summary>
/// <param name="Start">The first.</param>
/// <param name="Count">How many.</param>
/// <param name="Cache">What is known of the others; null where there are none.</param>
internal readonly record struct ColumnWindow(int Start, int Count, KeyValueCache? Cache);

/// <summary>Decides from pass to pass which columns of canvases have to be run, and keeps the others' keys and values.</summary>
internal abstract class ColumnCache(KeyValueCache known) : IDisposable
{
    /// <summary>The keys and values.</summary>
    protected KeyValueCache Known => known;

    /// <summary>The cache of a rule; null where every pass runs everything.</summary>
    /// <exception cref="RefiningException">An approximate cache is asked of a family that has none.</exception>
    public static ColumnCache? For(CacheRule rule, DenoiserDescriptor descriptor)
    {
        var isApproximate = rule is CacheRule.Prefix or CacheRule.Dual;
        if (isApproximate && !descriptor.CanCache) throw new RefiningException($"'{descriptor.Family}' runs whole canvases only: it has no cache, neither exact nor approximate. Leave the cache at its default.");
        if (rule is CacheRule.None || !descriptor.CanCache) return null;
        if (descriptor.Attention == AttentionPattern.BlockCausal) return new FinishedBlocks();
        return isApproximate ? new StillColumns(descriptor.ShiftsLogits ? 1 : 0, keepsSuffix: rule is CacheRule.Dual) : null;
    }

    /// <summary>Says which columns the block at work has, from and up to.</summary>
    public virtual void Enter(int from, int to) { }

    /// <summary>What the next pass runs.</summary>
    /// <param name="rows">The canvases as they are now.</param>
    /// <param name="first">The first column whose hidden state is asked for.</param>
    /// <param name="last">The last one.</param>
    public abstract ColumnWindow Next(CanvasRows rows, int first, int last);

    /// <summary>The pass over what <see cref="Next"/> said has been made.</summary>
    public abstract void Keep(CanvasRows rows);

    public void Dispose() => known.Dispose();
}

/// <summary>For block-causal attention: blocks before the first in which anything has changed since they were run. Exact.</summary>
/// <remarks>
/// What changed is seen by comparison, so that it does not matter who did it: a step, a remasking, the caller's answer, an end that was found, or
/// padding that was hidden. The first pass of a block runs the block before it once more, which had masks when it was run last; no pass is added.
/// </remarks>
internal sealed class FinishedBlocks() : ColumnCache(KeyValueCache.BlockCausal())
{
    private CanvasRows? _last;

    public override ColumnWindow Next(CanvasRows rows, int first, int last)
    {
        var same = _last is { } before && before.BlockLength == rows.BlockLength ? rows.FirstChange(before, 0) : 0;
        var start = Math.Min(same, first) / rows.BlockLength * rows.BlockLength;
        Known.Truncate(start);
        return new ColumnWindow(start, rows.Length - start, Known);
    }

    public override void Keep(CanvasRows rows)
    {
        Known.Commit();
        _last = rows;
    }
}

/// <summary>For full attention: columns outside of the block at work, as they were when it was begun. Approximate.</summary>
/// <param name="shift">Columns before the block that are run with it: with shifted logits its first column's stand there.</param>
/// <param name="keepsSuffix">Whether columns behind the block are kept too.</param>
internal sealed class StillColumns(int shift, bool keepsSuffix) : ColumnCache(KeyValueCache.Approximate())
{
    private CanvasRows? _whole;
    private int _from;
    private int _to;
    private bool _runsWhole;

    public override void Enter(int from, int to) => (_from, _to, _whole) = (Math.Max(0, from - shift), to, null);

    public override ColumnWindow Next(CanvasRows rows, int first, int last)
    {
        _runsWhole = !IsStill(rows) || first < _from || last >= _to;
        if (_runsWhole || !keepsSuffix) Known.Truncate(_runsWhole ? 0 : _from);
        else Known.Revisit(_from);
        var end = keepsSuffix && !_runsWhole ? Math.Min(_to, rows.Length) : rows.Length;
        return new ColumnWindow(Known.Start, end - Known.Start, Known);
    }

    public override void Keep(CanvasRows rows)
    {
        if (!_runsWhole) return;
        Known.Commit();
        _whole = rows;
    }

    /// <summary>Whether nothing outside of the block has changed since all was run: only the block's own steps are to be guessed at.</summary>
    private bool IsStill(CanvasRows rows) =>
        _whole is { } whole && whole.Length == rows.Length && rows.FirstChange(whole, 0) >= _from && (!keepsSuffix || rows.FirstChange(whole, _to) == rows.Length);
}
