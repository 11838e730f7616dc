using HybridGen.Candidates;
using HybridGen.Judging;
using HybridGen.Models.Mini;
using HybridGen.Scoring;
using HybridGen.Selecting;
using HybridGen.Tokens;

namespace HybridGen.Revising;

/// <summary>Puts together what a policy needs, for the refiner at hand.</summary>
internal sealed class Strategies(Predictor predictor, MiniScorer? pointer, WordEncoder encoder, CandidateSource candidates)
{
    /// <summary>The strategy of a policy in a run.</summary>
    public Strategy For(EditPolicy policy, RevisionRun run, RemaskCaps caps) => policy switch
    {
        EditPolicy.Spelling { Judge: { } how } spelling when pointer is not null && run.Judge is { } judge => new JudgedSpelling(pointer, spelling.MinGain, Selection(run, caps), how, judge),
        EditPolicy.Spelling spelling when pointer is not null => new SpellingStrategy(pointer, spelling.MinGain, Selection(run, caps)),
        EditPolicy.Consistency consistency when pointer is not null => new SpellingStrategy(pointer, consistency.MinGain, Selection(run, caps), onlyDocument: true),
        EditPolicy.Spelling spelling => Masked(new MaskedSpelling(spelling.MinGain, encoder, candidates), run, caps, spelling.Judge),
        EditPolicy.Consistency consistency => Masked(new MaskedSpelling(consistency.MinGain, encoder, candidates, onlyDocument: true), run, caps),
        EditPolicy.Fluency fluency => Masked(new MaskedFluency(fluency.MinGain, encoder, candidates), run, caps, fluency.Judge),
        EditPolicy.Free free => Masked(new MaskedFree(free.MinGain, encoder), run, caps),
        _ => throw new ArgumentException($"No strategy is known for {policy.GetType().Name}.", nameof(policy)),
    };

    /// <summary>Share of a window that a pass of a policy remasks: for fluency 25 to 50 % is best, for spelling only few words are doubted (Diffusion-in-Diffusion, arXiv 2601.13599).</summary>
    public static double Share(ReviseOptions options, EditPolicy policy, int pass)
    {
        var share = options.RemaskShare ?? policy switch
        {
            EditPolicy.Fluency => 0.25,
            EditPolicy.Free => 0.4,
            _ => 0.5,
        };
        var time = 1 - ((pass - 1f) / options.Passes);
        return share * (1 - options.Schedule.Alpha(time)) / Math.Max(1e-6, 1 - options.Schedule.Alpha(1));
    }

    /// <summary>The scoring that options ask for, with entropies where they are wanted.</summary>
    /// <exception cref="RefiningException">It is not for this refiner, or lacks its draft.</exception>
    public static IWordScoring Scoring(SuspicionScoring? scoring, Predictor predictor, RevisionRun? run, bool entropies) => scoring switch
    {
        null when predictor.Denoiser.Descriptor.ScoresVisibleTokens => new VisibleErrors(predictor, entropies),
        null => new StridedMasking(predictor, new SuspicionScoring.StridedMasking().Strides, entropies),
        SuspicionScoring.StridedMasking strided => new StridedMasking(predictor, strided.Strides, entropies),
        SuspicionScoring.ShadowMasks => new ShadowMasks(predictor, entropies),
        SuspicionScoring.VisibleErrors when predictor.Denoiser.Descriptor.ScoresVisibleTokens => new VisibleErrors(predictor, entropies),
        SuspicionScoring.VisibleErrors => throw new RefiningException($"'{predictor.Denoiser.Descriptor.Family}' was not trained on visible errors: what it thinks of a token that it sees means nothing. Use strided masking."),
        SuspicionScoring.DrafterSnapshot => new DrafterSnapshot(run?.Draft ?? throw new RefiningException("The drafter's snapshot needs the draft that the text comes from (ReviseOptions.Draft), with its tokens' log-probabilities; a drafter without them leaves the refiner its own scores (--scoring strided)."), () => run.Edits),
        _ => throw new ArgumentException($"No scoring is known for {scoring.GetType().Name}.", nameof(scoring)),
    };

    private static RemaskSelection Selection(RevisionRun run, RemaskCaps caps) => new(run.Options.Strategy, caps, run.Random);

    private MaskedStrategy Masked(MaskedPolicy policy, RevisionRun run, RemaskCaps caps, DrafterJudge? how = null)
    {
        var scoring = Scoring(run.Options.Scoring, predictor, run, run.Options.Strategy is RemaskStrategy.Entropy);
        // What a change is worth is always measured with masks, whatever found the place.
        var measure = scoring is StridedMasking ? scoring : Scoring(new SuspicionScoring.StridedMasking(), predictor, null, entropies: false);
        return new MaskedStrategy(policy, scoring, measure, Selection(run, caps),
            new SpanFiller(predictor, run.Options.Temperature, run.Random), new PseudoLikelihood(predictor), run.Options.Candidates)
        {
            Joint = how is not null && run.Judge is { } second ? (how, second) : null,
        };
    }
}
