using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>Where the revision of one text goes; it comes in blocks.</summary>
internal abstract class Output : IDisposable
{
    /// <summary>Takes the next block.</summary>
    public abstract void Write(Revision block);

    /// <summary>The text is complete; without this call nothing that replaces a file is kept.</summary>
    public virtual void Finish() { }

    /// <summary>Frees what the output holds; a file that is not finished is dropped.</summary>
    public abstract void Dispose();
}
