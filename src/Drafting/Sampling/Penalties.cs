namespace HybridGen.Drafting;

/// <summary>
/// Makes tokens less probable that occur among the last <see cref="Window"/> tokens. The prompt's tokens count too, as in llama.cpp's own
/// tools: a word that the prompt repeats is penalised from the first drafted token on.
/// </summary>
public sealed record Penalties
{
    /// <summary>
    /// Divides a positive logit of a token that occurred and multiplies a negative one (Keskar et al. 2019, CTRL, arXiv:1909.05858).
    /// </summary>
    /// <value>Above 0, at most 10; default 1, which changes nothing. Above 1 fewer repetitions.</value>
    public double Repetition { get; init => field = Bounds.Check(value, value is > 0 and <= 10, "above 0 and at most 10"); } = 1;

    /// <summary>Taken off a token's logit for each time that it occurred.</summary>
    /// <value>-10 to 10; default 0.</value>
    public double Frequency { get; init => field = Bounds.Check(value, value is >= -10 and <= 10, "-10 to 10"); }

    /// <summary>Taken off a token's logit once if it occurred.</summary>
    /// <value>-10 to 10; default 0.</value>
    public double Presence { get; init => field = Bounds.Check(value, value is >= -10 and <= 10, "-10 to 10"); }

    /// <summary>How many of the last tokens count.</summary>
    /// <value>Above 0; default 64. <see langword="null"/>: all that the context holds, prompt and draft.</value>
    public int? Window { get; init => field = Bounds.Check(value, value is null or > 0, "above 0, or null for the whole context"); } = 64;
}
