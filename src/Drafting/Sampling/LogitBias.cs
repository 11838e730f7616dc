namespace HybridGen.Drafting;

/// <summary>What is added to the logit of one token.</summary>
public abstract record LogitBias
{
    private LogitBias(double bias) =>
        Bias = Bounds.Check(bias, double.IsFinite(bias) || double.IsNegativeInfinity(bias), "a number, or minus infinity to ban the token", nameof(Bias));

    /// <summary>Bans a token.</summary>
    public const double Banned = double.NegativeInfinity;

    /// <summary>What is added; <see cref="Banned"/> makes the token impossible.</summary>
    public double Bias { get; }

    /// <summary>A token by its number.</summary>
    /// <param name="Id">The token's id in the drafter's vocabulary; a draft with an id that it does not have is refused.</param>
    /// <param name="Bias">What is added.</param>
    public sealed record OfToken(int Id, double Bias) : LogitBias(Bias);

    /// <summary>A token by its text.</summary>
    /// <param name="Text">The text, with the space before it where it is a word inside of a text; a draft with one that is not exactly one token is refused.</param>
    /// <param name="Bias">What is added.</param>
    public sealed record OfText(string Text, double Bias) : LogitBias(Bias);
}
