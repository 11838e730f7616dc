using System.Diagnostics;
using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Judging;

namespace HybridGen.Revising;

/// <summary>A text on its way through the policies.</summary>
internal sealed class RevisionRun
{
    private readonly string _input;
    private readonly IProgress<ReviseProgress>? _progress;
    private readonly Func<int> _forwards;
    private readonly int _forwardsBefore;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly CallerLimits _limits;
    private readonly DraftAlternatives? _alternatives;

    public RevisionRun(string input, TextWindows windows, DraftAlternatives? alternatives, ReviseOptions options, IDraftScorer? judge, IProgress<ReviseProgress>? progress, Func<int> forwards, CancellationToken cancellationToken)
    {
        (_input, Current, Options, _progress, _forwards, CancellationToken) = (input, input, options, progress, forwards, cancellationToken);
        (Windows, _alternatives) = (windows, alternatives);
        _forwardsBefore = forwards();
        _limits = new CallerLimits(options);
        Random = new Random(options.Seed);
        Judge = judge is null ? null : new SecondJudge(judge, tokens => JudgeTokens += tokens, cancellationToken);
    }

    public ReviseOptions Options { get; }

    public CancellationToken CancellationToken { get; }

    /// <summary>The windows of the current text.</summary>
    public TextWindows Windows { get; }

    /// <summary>What everything drawn is drawn from.</summary>
    public Random Random { get; }

    /// <summary>The drafter that judges too; null without one.</summary>
    public SecondJudge? Judge { get; }

    /// <summary>Tokens that the judge decoded.</summary>
    public int JudgeTokens { get; private set; }

    public string Current { get; private set; }

    public IReadOnlyList<Edit> Edits { get; private set; } = [];

    /// <summary>The draft that the input is, where it is one.</summary>
    public Draft? Draft => Options.Draft is { } draft && draft.Text == _input && draft.HasLogProbabilities ? draft : null;

    public int Words { get; set; }

    /// <summary>Places of the current text that the next pass remasks, because the caller said so.</summary>
    public HashSet<int> Forced { get; private set; } = [];

    /// <summary>Why no more is done; null as long as more is.</summary>
    public RevisionEnding? Ending { get; private set; }

    /// <summary>Whether another batch of windows may go through the refiner.</summary>
    public bool GoesOn
    {
        get
        {
            Ending ??= CancellationToken.IsCancellationRequested ? RevisionEnding.Cancelled
                : Options.MaxForwards <= Forwards ? RevisionEnding.MaxForwards
                : Options.TimeBudget <= Duration ? RevisionEnding.TimeBudget
                : null;
            return Ending is null;
        }
    }

    private int Forwards => _forwards() - _forwardsBefore;

    private TimeSpan Duration => Stopwatch.GetElapsedTime(_started);

    public void Stop() => Ending ??= RevisionEnding.Stopped;

    /// <summary>What a pass works with; what was forced is done by it.</summary>
    public PassContext NextPass(double share)
    {
        var context = new PassContext(Current, share, _limits, Forced);
        Forced = [];
        return context;
    }

    public void Apply(IReadOnlyList<Edit> edits)
    {
        var revised = Revision.Apply(Current, edits);
        var (edit, growth) = (0, 0);
        Forced = [.. Forced.Order().Select(start =>
        {
            for (; edit < edits.Count && edits[edit].Span.End <= start; edit++) growth += edits[edit].After.Length - edits[edit].Span.Length;
            return start + growth;
        })];
        Edits = EditLog.Compose(_input, Current, Edits, edits);
        _limits.Shift(Edits);
        _alternatives?.Follow(Edits);
        Windows.Move(edits);
        Current = revised;
    }

    public void Report(EditPolicy policy, int pass, int done, int edits) =>
        _progress?.Report(new ReviseProgress(policy, pass, done, Current.Length, Edits.Count + edits));

    public Revision End() =>
        new(_input, Edits.Count == 0 ? _input : Current, Edits, Words, Forwards, Duration) { Ending = Ending ?? RevisionEnding.Finished, JudgeTokens = JudgeTokens };
}
