using System.Buffers;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>How one draft is written.</summary>
public sealed record DraftOptions
{
    /// <summary>The longest draft, in tokens.</summary>
    /// <value>At least 1; default 256.</value>
    public int MaxTokens
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(MaxTokens));
            field = value;
        }
    } = 256;

    /// <summary>How a token is chosen from the distribution.</summary>
    /// <value>Default: <see cref="Sampling.Random"/> with its defaults.</value>
    public Sampling Sampling { get; init; } = new Sampling.Random();

    /// <summary>What the draft's text must look like.</summary>
    /// <value><see langword="null"/> (default): anything.</value>
    public OutputConstraint? Constraint { get; init; }

    /// <summary>Strings that end the draft: the text stops before the one that is complete first, also where it is spread over several tokens.</summary>
    /// <value>Default: none. An empty string is refused, and one with half a surrogate pair.</value>
    public IReadOnlyList<string> StopStrings
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(StopStrings));
            if (value.Any(string.IsNullOrEmpty)) throw new ArgumentException("A stop string is empty; it would stop every draft at once.", nameof(StopStrings));
            if (value.Any(HasHalfACharacter))
                throw new ArgumentException("A stop string has half a surrogate pair; it would cut a character in two.", nameof(StopStrings));
            field = value;
        }
    } = [];

    /// <summary>How many of the most probable tokens are reported at each position.</summary>
    /// <value>0 to 64; default 5.</value>
    public int Alternatives
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(Alternatives));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 64, nameof(Alternatives));
            field = value;
        }
    } = 5;

    /// <summary>Most threads of a decode that this draft takes part in, where something else needs the others.</summary>
    /// <value>Above 0; <see langword="null"/> (default): those of the drafter.</value>
    public int? Threads
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Threads), value, "Threads must be above 0.");
    }

    /// <summary>What happens to a prompt that is longer than the context has room for.</summary>
    /// <value>Default: <see cref="PromptOverflow.Refuse"/>.</value>
    public PromptOverflow Overflow { get; init; }

    /// <summary>The options of one of several drafts: where a seed is given, with that number added to it.</summary>
    /// <param name="number">The draft's number, from 0.</param>
    public DraftOptions Numbered(int number) => this with
    {
        Sampling = Sampling switch
        {
            Sampling.Random random => random with { Seed = random.Seed + (uint)number },
            Sampling.Mirostat1 mirostat => mirostat with { Seed = mirostat.Seed + (uint)number },
            Sampling.Mirostat2 mirostat => mirostat with { Seed = mirostat.Seed + (uint)number },
            _ => Sampling,
        },
    };

    private static bool HasHalfACharacter(string text)
    {
        var rest = text.AsSpan();
        for (; Rune.DecodeFromUtf16(rest, out _, out var used) == OperationStatus.Done; rest = rest[used..]) { }
        return rest.Length > 0;
    }
}

/// <summary>What happens to a prompt that is longer than the context has room for. Nothing is ever cut within a turn.</summary>
public enum PromptOverflow
{
    /// <summary>It is refused with a <see cref="ContextOverflowException"/>.</summary>
    Refuse,

    /// <summary>
    /// Whole turns of a conversation are left out, the oldest first but for the system's and the last, until prompt and
    /// <see cref="DraftOptions.MaxTokens"/> fit; <see cref="DraftCompleted.DroppedTurns"/> says how many. What does not fit even then is refused.
    /// </summary>
    DropOldestTurns,
}
