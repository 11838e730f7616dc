using System.Collections.ObjectModel;

namespace HybridGen.Plugin.Functions;

/// <summary>What a function found: JSON to a model that calls it, and a line each where a prompt template writes it.</summary>
internal sealed class FoundList<T>(IList<T> found) : ReadOnlyCollection<T>(found)
{
    public override string ToString() => string.Join('\n', this);
}
