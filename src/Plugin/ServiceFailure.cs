using HybridGen.Drafting;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin;

/// <summary>What went wrong, in the kernel's own type of exception.</summary>
internal static class ServiceFailure
{
    /// <summary>Whether an exception is one of the engine's.</summary>
    public static bool IsKnown(Exception failure) => failure is DraftingException or RefiningException;

    /// <summary>One sentence that says which half failed, and why.</summary>
    /// <param name="failure">One of the engine's exceptions.</param>
    /// <param name="modelId">The drafter.</param>
    public static KernelException Named(Exception failure, string modelId) => failure is DraftingException
        ? new KernelException($"{modelId} could not write a draft: {failure.Message}", failure)
        : new KernelException($"The draft of {modelId} could not be revised: {failure.Message}", failure);
}
