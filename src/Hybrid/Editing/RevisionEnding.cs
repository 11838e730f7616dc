namespace HybridGen.Editing;

/// <summary>Why a revision ended.</summary>
public enum RevisionEnding
{
    /// <summary>Nothing more was to be changed, or all passes were made.</summary>
    Finished,

    /// <summary>As many windows as allowed went through the refiner.</summary>
    MaxForwards,

    /// <summary>The time was used up.</summary>
    TimeBudget,

    /// <summary>The caller stopped it at a step.</summary>
    Stopped,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>A revision was cancelled; what was done until then is not lost.</summary>
public sealed class RevisionCanceledException : OperationCanceledException
{
    /// <summary>Creates the exception with nothing done.</summary>
    public RevisionCanceledException() : this("The revision was cancelled.") { }

    /// <summary>Creates the exception with nothing done.</summary>
    public RevisionCanceledException(string message) : base(message) { }

    /// <summary>Creates the exception with nothing done and its cause.</summary>
    public RevisionCanceledException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Creates the exception with what was done.</summary>
    public RevisionCanceledException(Revision soFar, CancellationToken cancellationToken) : base("The revision was cancelled.", cancellationToken) => SoFar = soFar;

    /// <summary>The best text so far, marked as cut short; null where the revision had not begun.</summary>
    public Revision? SoFar { get; }
}
