namespace HybridGen.Drafting;

/// <summary>
/// "Exclude top choices" (p-e-w, text-generation-webui pull request 6335): with a probability, all tokens that have at least
/// <see cref="Threshold"/> are taken away but the least probable of them, so that the text leaves its most trodden path and still makes sense.
/// </summary>
public sealed record Xtc
{
    /// <summary>How often it happens.</summary>
    /// <value>Above 0, at most 1; default 0.5.</value>
    public double Probability { get; init => field = Bounds.Check(value, value is > 0 and <= 1, "above 0 and at most 1"); } = 0.5;

    /// <summary>Probability from which a token is a top choice.</summary>
    /// <value>Above 0, at most 0.5, since above it no two tokens can be one; default 0.1.</value>
    public double Threshold { get; init => field = Bounds.Check(value, value is > 0 and <= 0.5, "above 0 and at most 0.5"); } = 0.1;
}
