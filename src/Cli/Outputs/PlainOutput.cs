using System.Text;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>The revised text as UTF-8, its byte order mark kept.</summary>
internal sealed class PlainOutput : Output
{
    private readonly StreamWriter _writer;

    /// <param name="stream">Receives the text; stays open.</param>
    /// <param name="hasByteOrderMark">Whether the text begins with one.</param>
    public PlainOutput(Stream stream, bool hasByteOrderMark)
    {
        _writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        if (hasByteOrderMark) _writer.Write('\uFEFF');
    }

    public override void Write(Revision block)
    {
        _writer.Write(block.Output);
        _writer.Flush();
    }

    public override void Dispose() => _writer.Dispose();
}
