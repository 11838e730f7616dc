using System.Text;
using DiffPlex.Model;
using DiffPlex.Renderer;
using HybridGen.Cli.Display;
using HybridGen.Editing;
using Spectre.Console;

namespace HybridGen.Cli.Outputs;

/// <summary>The changes as a unified diff that <c>patch -p1</c> and <c>git apply</c> take.</summary>
/// <remarks>An edit never adds or removes a line, so only lines with edits and their neighbours are kept.</remarks>
internal sealed class DiffOutput(Stream stream, string name, bool hasByteOrderMark) : Output
{
    private const int ContextLines = 3;

    private readonly Lines _old = new();
    private readonly Lines _new = new();
    private readonly List<DiffBlock> _changes = [];
    private readonly Queue<(int Line, string Text)> _passed = new();
    private string _begunOld = hasByteOrderMark ? "\uFEFF" : "";
    private string _begunNew = hasByteOrderMark ? "\uFEFF" : "";
    private int _keepUntil = -1;

    public override void Write(Revision block)
    {
        // A block ends in the middle of a line only where the line is longer than a block.
        var before = (_begunOld + block.Input).Split('\n');
        var after = (_begunNew + block.Output).Split('\n');
        for (var i = 0; i < before.Length - 1; i++) Add(before[i], after[i]);
        (_begunOld, _begunNew) = (before[^1], after[^1]);
    }

    public override void Finish()
    {
        if (_begunOld.Length > 0) Add(_begunOld + "\n\\ No newline at end of file", _begunNew + "\n\\ No newline at end of file");
        var path = PathInPatch(name);
        var diff = new UnidiffRenderer(contextLines: ContextLines).Generate(new DiffResult(_old, _new, _changes), $"a/{path}", $"b/{path}").Replace(Environment.NewLine, "\n", StringComparison.Ordinal);
        if (Terminal.ShowsResults) Show(diff);
        else stream.Write(Encoding.UTF8.GetBytes(diff));
    }

    public override void Dispose() { }

    /// <summary>The path from here, as both programs want it: no dots, slashes, and a tab where white space would end it.</summary>
    private static string PathInPatch(string name)
    {
        var full = Path.GetFullPath(name);
        var here = Path.GetRelativePath(Environment.CurrentDirectory, full);
        var path = (here.StartsWith("..", StringComparison.Ordinal) ? full : here).Replace('\\', '/').TrimStart('/');
        return path.Contains(' ', StringComparison.Ordinal) ? path + "\t" : path;
    }

    private static void Show(string diff)
    {
        Terminal.KeepLines();
        foreach (var line in diff.TrimEnd('\n').Split('\n'))
        {
            var style = line switch
            {
                ['-', ..] => new Style(Color.Red),
                ['+', ..] => new Style(Color.Green),
                ['@', ..] => new Style(Color.Blue),
                _ => Style.Plain,
            };
            Terminal.Out.Write(new Text(line + "\n", style));
        }
    }

    private void Add(string before, string after)
    {
        var line = _old.Count;
        _old.Count++;
        _new.Count++;
        if (before != after) Change(line);
        if (before != after || line <= _keepUntil) Keep(line, before, after);
        else if (_passed.Count == ContextLines) _passed.Dequeue();
        if (before == after) _passed.Enqueue((line, before));
    }

    private void Change(int line)
    {
        foreach (var (passed, text) in _passed) Keep(passed, text, text);
        _passed.Clear();
        _keepUntil = line + ContextLines;
        // Neighbouring lines are one change: all that went, then all that came.
        if (_changes is [.., var last] && last.DeleteStartA + last.DeleteCountA == line)
            _changes[^1] = new DiffBlock(last.DeleteStartA, last.DeleteCountA + 1, last.InsertStartB, last.InsertCountB + 1);
        else _changes.Add(new DiffBlock(line, 1, line, 1));
    }

    private void Keep(int line, string before, string after)
    {
        _old[line] = before;
        _new[line] = after;
    }

    /// <summary>The lines of a text, of which only some are held.</summary>
    private sealed class Lines : Dictionary<int, string>, IReadOnlyList<string>
    {
        public new int Count { get; set; }

        IEnumerator<string> IEnumerable<string>.GetEnumerator() => Values.GetEnumerator();
    }
}
