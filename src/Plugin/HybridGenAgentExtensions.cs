using HybridGen;
using HybridGen.Pipelines;
using HybridGen.Plugin.Revising;

namespace Microsoft.Agents.AI;

/// <summary>Adds the revision of answers to an agent.</summary>
public static class HybridGenAgentExtensions
{
    /// <summary>Revises what an agent answers (<see cref="RevisingAgent"/>).</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="engine">The engine, which stays the caller's; its drafter is not needed.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <returns>An agent that answers the same, revised.</returns>
    public static AIAgent UseHybridGenRevision(this AIAgent agent, HybridGenEngine engine, StreamReviserOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentNullException.ThrowIfNull(engine);
        return new RevisingAgent(agent, engine, options);
    }
}
