namespace HybridGen.Cli;

/// <summary>How the program ends; part of its interface (docs/cli.md).</summary>
internal static class ExitCode
{
    /// <summary>Everything was done.</summary>
    public const int Done = 0;

    /// <summary>A text could not be read or written, or a model not pulled or removed.</summary>
    public const int Input = 1;

    /// <summary>A checkpoint does not compute what it is expected to.</summary>
    public const int Mismatch = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A model or a native library cannot be used, or failed.</summary>
    public const int Model = 3;

    /// <summary>Cancelled, as shells report an interrupt.</summary>
    public const int Cancelled = 130;
}
