namespace HybridGen.Drafting;

/// <summary>
/// "Don't repeat yourself" (p-e-w, text-generation-webui pull request 5677): a token that would make the text's end repeat n earlier
/// tokens, n at least <see cref="AllowedLength"/>, loses <see cref="Multiplier"/> × <see cref="Base"/>^(n − <see cref="AllowedLength"/>)
/// of its logit. The prompt's tokens count too.
/// </summary>
public sealed record Dry
{
    /// <summary>Strength.</summary>
    /// <value>Above 0, at most 100; default 0.8.</value>
    public double Multiplier { get; init => field = Bounds.Check(value, value is > 0 and <= 100, "above 0 and at most 100"); } = 0.8;

    /// <summary>How fast the penalty grows with the repetition's length.</summary>
    /// <value>1 to 10; default 1.75.</value>
    public double Base { get; init => field = Bounds.Check(value, value is >= 1 and <= 10, "1 to 10"); } = 1.75;

    /// <summary>Shortest repetition that is penalised, in tokens before the one that is chosen.</summary>
    /// <value>1 to 1,000; default 2.</value>
    public int AllowedLength { get; init => field = Bounds.Check(value, value is >= 1 and <= 1000, "1 to 1,000"); } = 2;

    /// <summary>How many of the last tokens are searched.</summary>
    /// <value>Above 0; default <see langword="null"/>: all that the context holds, prompt and draft.</value>
    public int? Window { get; init => field = Bounds.Check(value, value is null or > 0, "above 0, or null for the whole context"); }

    /// <summary>Strings that a repetition does not reach across.</summary>
    /// <value>Default: line end, colon, quotation mark, asterisk. An empty string is refused.</value>
    public IReadOnlyList<string> Breakers
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Breakers));
            if (value.Any(string.IsNullOrEmpty)) throw new ArgumentException("A sequence breaker is empty.", nameof(Breakers));
            field = value;
        }
    } = ["\n", ":", "\"", "*"];
}
