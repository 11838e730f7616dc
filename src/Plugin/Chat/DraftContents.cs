using HybridGen.Drafting;
using HybridGen.Revising;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Chat;

/// <summary>A token of the draft, while it is written: no part of the answer, whose text may be another.</summary>
/// <param name="token">The token.</param>
public sealed class DraftTokenContent(DraftToken token) : AIContent
{
    /// <summary>The token.</summary>
    public DraftToken Token { get; } = token;
}

/// <summary>How far the revision of a draft has come.</summary>
/// <param name="progress">How far.</param>
public sealed class RevisionProgressContent(ReviseProgress progress) : AIContent
{
    /// <summary>How far.</summary>
    public ReviseProgress Progress { get; } = progress;
}
