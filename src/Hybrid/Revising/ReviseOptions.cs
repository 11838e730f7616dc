namespace HybridGen.Revising;

/// <summary>How a text is revised.</summary>
public sealed record ReviseOptions
{
    /// <summary>Only mends spelling and consistency.</summary>
    public static ReviseOptions Fix { get; } = new() { Policies = [new EditPolicy.Spelling()] };

    /// <summary>The policies, applied one after the other.</summary>
    /// <value>At least one; default <see cref="EditPolicy.Spelling"/>, then <see cref="EditPolicy.Fluency"/>.</value>
    public IReadOnlyList<EditPolicy> Policies
    {
        get;
        init => field = value is { Count: > 0 }
            ? value
            : throw new ArgumentException("A revision needs at least one policy.", nameof(Policies));
    } = [new EditPolicy.Spelling(), new EditPolicy.Fluency()];

    /// <summary>Largest number of passes of each policy; a policy ends early when a pass changes nothing.</summary>
    /// <value>1 to 100; default 1.</value>
    public int Passes
    {
        get;
        init => field = value is >= 1 and <= 100
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Passes), value, "Passes must be 1 to 100.");
    } = 1;
}

/// <summary>How far a revision has come.</summary>
/// <param name="Policy">The policy at work.</param>
/// <param name="Pass">Its pass, from 1.</param>
/// <param name="Done">Characters (UTF-16) of the text up to which this pass has come.</param>
/// <param name="Total">Characters of the text.</param>
/// <param name="Edits">Changes accepted so far.</param>
public readonly record struct ReviseProgress(EditPolicy Policy, int Pass, int Done, int Total, int Edits);
