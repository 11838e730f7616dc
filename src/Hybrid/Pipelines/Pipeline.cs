using System.Runtime.CompilerServices;

namespace HybridGen.Pipelines;

/// <summary>When the draft is revised.</summary>
public abstract record Pipeline
{
    private Pipeline() { }

    /// <summary>The whole draft is written, then revised: the refiner sees all of it.</summary>
    public sealed record DraftThenRevise : Pipeline;

    /// <summary>
    /// Block by block: each is revised as far as its last whole sentence, and the drafter goes on from the corrected text, so that it does not
    /// repeat its own mistake.
    /// </summary>
    /// <remarks>
    /// What is read of the corrected text is only what changed and what stands behind it. The drafter must be able to go on from a changed
    /// text (<see cref="Drafting.ISessionDrafter"/>). A sentence that was revised stays as it is, also where a later one speaks against it.
    /// </remarks>
    public sealed record Interleaved : Pipeline
    {
        /// <inheritdoc cref="Overlapped.BlockTokens"/>
        public int BlockTokens { get; init => field = Checked(value); } = 64;
    }

    /// <summary>
    /// The refiner revises a block while the drafter writes the next; the drafter goes on from its own text. Each gets half of the threads.
    /// </summary>
    public sealed record Overlapped : Pipeline
    {
        /// <summary>Tokens after which the draft is revised up to its last whole sentence.</summary>
        /// <value>1 or more; default 64.</value>
        public int BlockTokens { get; init => field = Checked(value); } = 64;
    }

    private static int Checked(int value, [CallerMemberName] string name = "") => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 1 or more.");
}
