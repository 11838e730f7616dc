using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>What goes on from a prompt; all of it runs on the thread of the loop.</summary>
internal abstract class Continuation
{
    /// <summary>Most threads that it may be decoded with; <see langword="null"/> for those of the context.</summary>
    public virtual int? Threads => null;

    /// <summary>Its place is given to it; what it puts there may be reused by its prompt.</summary>
    public virtual void Prepare(SafeLLamaContextHandle context, Slot slot) { }

    /// <summary>Its prompt is about to be read.</summary>
    /// <param name="cached">Tokens of the prompt that need not be read.</param>
    /// <param name="refused">Whether more were held, but the model cannot forget a part of what it holds.</param>
    public virtual void Begin(int cached, bool refused) { }

    /// <summary>All so far is read.</summary>
    /// <param name="context">The context.</param>
    /// <param name="row">The row of the logits.</param>
    /// <param name="slot">Its place.</param>
    /// <returns>The token to go on with; <see langword="null"/> ends it.</returns>
    public abstract LLamaToken? Next(SafeLLamaContextHandle context, int row, Slot slot);
}
