using HybridGen.Attributing;
using HybridGen.Choosing;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Revising;

namespace HybridGen;

/// <summary>How a text is generated.</summary>
public sealed record GenerateOptions
{
    /// <summary>How the draft is written.</summary>
    public DraftOptions Draft { get; init; } = new();

    /// <summary>How many drafts are written; the best by <see cref="RankedDraft.Score"/> is kept, and it alone is revised.</summary>
    /// <value>
    /// 1 to 64; default 1. More than one needs <see cref="Pipeline.DraftThenRevise"/> and a sampling that draws. The refiner scores each, also where
    /// none is revised, but for drafts that are held to a grammar or schema: there the drafter's own log-probability decides. The stream has the
    /// tokens of the best, once it is chosen.
    /// </value>
    public int Drafts
    {
        get;
        init => field = value is >= 1 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(Drafts), value, "Drafts must be 1 to 64.");
    } = 1;

    /// <summary>How the draft is revised; <see langword="null"/> returns the draft as it is.</summary>
    /// <remarks>A draft that is held to a grammar or schema (<see cref="DraftOptions.Constraint"/>) is never revised: a change could break it.</remarks>
    public ReviseOptions? Revise { get; init; } = new();

    /// <summary>When the draft is revised.</summary>
    /// <value>Default: <see cref="Pipeline.DraftThenRevise"/>.</value>
    public Pipeline Pipeline { get; init => field = value ?? throw new ArgumentNullException(nameof(Pipeline)); } = new Pipeline.DraftThenRevise();
}

/// <summary>A generated text and how it came about.</summary>
/// <param name="Draft">What the drafter wrote.</param>
/// <param name="Revision">What the refiner made of it; <see langword="null"/> where no revision was asked for.</param>
public sealed record Generation(Draft Draft, Revision? Revision)
{
    /// <summary>All drafts in the order of their numbers, <see cref="Draft"/> among them, with what both models think of them.</summary>
    /// <value>Empty where one was asked for.</value>
    public IReadOnlyList<RankedDraft> Drafts { get; init; } = [];

    /// <summary>The final text: all that was drafted, its content revised.</summary>
    public string Text => Revision?.Output ?? Draft.Text;

    /// <summary>What the model thought before it spoke, as it thought it; <see langword="null"/> where it did not.</summary>
    public string? Thinking => Draft.Message.Thinking;

    /// <summary>What is said, revised: the final text without thinking, calls of tools and the marks around them.</summary>
    public string Content => field ??= SpokenText.Revised(Draft, Revision);

    /// <summary>The tools that the model calls, as it calls them.</summary>
    public IReadOnlyList<ToolCall> ToolCalls => Draft.Message.ToolCalls;

    /// <summary>The tokens of the final text, which they tile; each says which of the two models wrote it, and how probable that model found it.</summary>
    public IReadOnlyList<RevisedToken> Tokens => field ??= RevisedTokens.Of(Draft.Tokens, Revision ?? new Revision(Draft.Text, Draft.Text, [], 0, 0, TimeSpan.Zero));
}

/// <summary>One item of a generation's stream.</summary>
public abstract record GenerationUpdate
{
    private GenerationUpdate() { }

    /// <summary>The drafter wrote a token; the refiner may still change it.</summary>
    public sealed record Drafted(DraftToken Token) : GenerationUpdate;

    /// <summary>The refiner finished some windows of the draft.</summary>
    public sealed record Revised(ReviseProgress Progress) : GenerationUpdate;

    /// <summary>
    /// More of what is said is final. Only of pipelines that revise while the draft is written, and where nothing is revised; all of them joined are
    /// <see cref="Generation.Content"/>.
    /// </summary>
    public sealed record Settled(string Content) : GenerationUpdate;

    /// <summary>The text is final; always the last item, and exactly one.</summary>
    public sealed record Completed(Generation Generation) : GenerationUpdate;
}
