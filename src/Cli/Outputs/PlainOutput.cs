using System.Text;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>The revised text as UTF-8, its byte order mark kept.</summary>
internal sealed class PlainOutput : Output
{
    private readonly Stream _stream;

    /// <param name="stream">Receives the text; stays open.</param>
    /// <param name="hasByteOrderMark">Whether the text begins with one.</param>
    public PlainOutput(Stream stream, bool hasByteOrderMark)
    {
        _stream = stream;
        if (hasByteOrderMark) stream.Write(Encoding.UTF8.Preamble);
    }

    public override void Write(Revision block)
    {
        _stream.Write(Encoding.UTF8.GetBytes(block.Output));
        _stream.Flush();
    }

    public override void Dispose() { }
}
