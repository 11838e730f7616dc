using HybridGen.Cli.Display;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>The revised text on a terminal, its changes marked.</summary>
internal sealed class MarkedOutput : Output
{
    public override void Write(Revision block) => MarkedText.Write(block.Input, block.Edits, wrap: false);

    public override void Dispose() { }
}
