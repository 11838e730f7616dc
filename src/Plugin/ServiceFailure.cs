using System.Runtime.CompilerServices;
using HybridGen.Drafting;
using HybridGen.Queueing;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin;

/// <summary>What the engine refused or failed at, in the kernel's own type of exception; the engine's own is inside.</summary>
internal static class ServiceFailure
{
    /// <summary>Says which half of a service failed, and why.</summary>
    /// <param name="modelId">The drafter.</param>
    public static Func<Exception, string> Of(string modelId) => failure => failure switch
    {
        DraftingException => $"{modelId} could not write a draft: {failure.Message}",
        RefiningException => $"The draft of {modelId} could not be revised: {failure.Message}",
        _ => $"{modelId} did not answer: {failure.Message}",
    };

    /// <summary>Does what a kernel asks for.</summary>
    /// <param name="work">Does it.</param>
    /// <param name="say">Says in one sentence what went wrong.</param>
    /// <exception cref="KernelException">The engine refused or failed.</exception>
    public static async Task<T> NamedAsync<T>(Func<Task<T>> work, Func<Exception, string> say)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is DraftingException or RefiningException or EngineBusyException or EngineTimeoutException)
        {
            throw new KernelException(say(failure), failure);
        }
    }

    /// <inheritdoc cref="NamedAsync{T}(Func{Task{T}}, Func{Exception, string})"/>
    public static async IAsyncEnumerable<T> NamedAsync<T>(IAsyncEnumerable<T> items, Func<Exception, string> say, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = items.GetAsyncEnumerator(cancellationToken);
        await using (reader.ConfigureAwait(false))
            while (await NamedAsync(() => reader.MoveNextAsync().AsTask(), say).ConfigureAwait(false)) yield return reader.Current;
    }
}
