namespace HybridGen.Selecting;

/// <summary>Which doubtful words are remasked first.</summary>
public abstract record RemaskStrategy
{
    private RemaskStrategy() { }

    /// <summary>Those that are least probable where they stand (Mask-Predict, Ghazvininejad et al. 2019).</summary>
    public sealed record LowConfidence : RemaskStrategy;

    /// <summary>Those that something else would replace with the largest gain: max over v of log p(v | rest) - log p(word | rest).</summary>
    public sealed record Margin : RemaskStrategy;

    /// <summary>Those in whose place the refiner is least certain of anything.</summary>
    public sealed record Entropy : RemaskStrategy;

    /// <summary>Every word whose suspicion reaches a value, the most suspicious first, up to the share.</summary>
    public sealed record Threshold : RemaskStrategy
    {
        /// <summary>Least suspicion, in nats.</summary>
        /// <value>0 or more; default 3.</value>
        public double Suspicion
        {
            get;
            init => field = value is >= 0 and <= 1000 ? value : throw new ArgumentOutOfRangeException(nameof(Suspicion), value, "Suspicion must be a number of nats from 0 to 1000.");
        } = 3;
    }

    /// <summary>Any words, drawn by the seed of the revision: the control that the others are measured against.</summary>
    public sealed record Random : RemaskStrategy;
}
