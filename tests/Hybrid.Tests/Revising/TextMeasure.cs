using HybridGen.Canvases;
using HybridGen.Editing;
using HybridGen.Protecting;
using HybridGen.Revising;
using HybridGen.Selecting;

namespace HybridGen.Hybrid.Tests.Revising;

/// <summary>What a refiner thinks of whole texts, for comparing a text with what became of it.</summary>
internal static class TextMeasure
{
    /// <summary>By how much a revision raises its policy's own measure of the text, which is a sum over windows; where these begin is kept from the input.</summary>
    public static float Rise(this Refiner refiner, Revision revision, EditPolicy policy)
    {
        var run = new RevisionRun(revision.Input, refiner.Windows(new Protection()), null, new ReviseOptions(), null, null, () => 0, CancellationToken.None);
        var strategy = refiner.Strategies.For(policy, run, new RemaskCaps(1, 1));
        var before = Measure(revision.Input);
        run.Windows.Move(revision.Edits);
        return Measure(revision.Output) - before;

        float Measure(string text) => Batches.Of(run.Windows.Read(text)).Sum(batch => strategy.Measure(batch).Sum());
    }

    /// <summary>The same for one pass that only replaced words, with names and counts of the document as they were before it.</summary>
    public static float RiseAsRead(this Refiner refiner, Revision revision, EditPolicy policy)
    {
        var run = new RevisionRun(revision.Input, refiner.Windows(new Protection()), null, new ReviseOptions(), null, null, () => 0, CancellationToken.None);
        var strategy = refiner.Strategies.For(policy, run, new RemaskCaps(1, 1));
        var edits = revision.Edits.ToDictionary(edit => edit.Span.Start);
        return Batches.Of(run.Windows.Read(revision.Input)).Sum(batch => strategy.Measure([.. batch.Select(Written)]).Sum() - strategy.Measure(batch).Sum());

        Canvas Written(Canvas canvas) => canvas.With([.. canvas.Words.Index().Where(word => edits.ContainsKey(word.Item.Word.Span.Start))
            .Select(word => (word.Index, Edit: edits[word.Item.Word.Span.Start]))
            .Select(word => new Repair(0, word.Index, 1, word.Edit.Span, word.Edit.After, word.Edit.Kind, word.Edit.Gain))]);
    }

    /// <summary>What the pointer thinks of changes of single words, each given the text as it was written; nats, summed.</summary>
    public static double PointerGain(this Refiner refiner, string text, IEnumerable<Edit> edits)
    {
        var byStart = edits.ToDictionary(edit => edit.Span.Start);
        return Batches.Of(refiner.Windows(new Protection()).Read(text)).Sum(batch => batch.Zip(SpellingStrategy.Gains(refiner.Pointer!, batch), (canvas, gains) => canvas.Words.Index()
            .Where(word => byStart.ContainsKey(word.Item.Word.Span.Start))
            .Sum(word => gains[word.Index][1 + word.Item.Candidates.Index().First(form => form.Item.Candidate.Form == byStart[word.Item.Word.Span.Start].After).Index])).Sum());
    }
}
