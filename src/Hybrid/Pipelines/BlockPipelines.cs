using System.Runtime.CompilerServices;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Revising;
using HybridGen.Telemetry;

namespace HybridGen.Pipelines;

/// <summary>The pipelines that revise a draft while it is written; the options say how.</summary>
/// <param name="revise">Revises a text.</param>
internal sealed class BlockPipelines(Func<string, ReviseOptions, IProgress<ReviseProgress>, CancellationToken, Task<Revision>> revise)
{
    /// <summary>Writes a block, revises it, goes on from what it has become.</summary>
    public async IAsyncEnumerable<GenerationUpdate> InterleaveAsync(
        ISessionDrafter drafter, DraftPrompt prompt, GenerateOptions options, Pipeline.Interleaved pipeline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (text, session, reason) = (new GrowingText(), drafter.StartSession(), (StopReason?)null);
        for (var number = 0; reason is null; number++)
        {
            var block = text.Tokens;
            var draft = options.Draft.Numbered(number) with { MaxTokens = Math.Min(pipeline.BlockTokens, options.Draft.MaxTokens - block) };
            await foreach (var update in (number == 0 ? session.DraftAsync(prompt, draft, cancellationToken) : session.ContinueAsync(draft, cancellationToken)).Told(drafter.ModelId).ConfigureAwait(false))
            {
                if (update is DraftToken token) yield return new GenerationUpdate.Drafted(text.Append(token));
                if (update is DraftCompleted end) (reason, _) = (Reason(end, text, options.Draft), Complete(text, end));
            }

            if (text.CutAtStop(options.Draft.StopStrings, block)) reason = StopReason.StopString;
            if (reason is not null) text.Finish();
            if ((reason is null ? text.LastSentenceEnd() : text.Text.Length) is not { } upTo) continue;
            var steps = new List<ReviseProgress>();
            var revision = await ReviseAsync(text, upTo, options.Revise!, steps, cancellationToken).ConfigureAwait(false);
            foreach (var step in steps) yield return new GenerationUpdate.Revised(step);
            if (text.Apply(revision, upTo) is { } changed && reason is null) session.Replace(changed, text.Text[changed..]);
            yield return new GenerationUpdate.Settled(text.Settle());
        }

        yield return new GenerationUpdate.Completed(text.End(reason.Value));
    }

    /// <summary>Writes on while what stands there is revised.</summary>
    public async IAsyncEnumerable<GenerationUpdate> OverlapAsync(
        IDrafter drafter, DraftPrompt prompt, GenerateOptions options, Pipeline.Overlapped pipeline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (text, reason, block) = (new GrowingText(), StopReason.EndOfText, 0);
        (Task<Revision> Work, int UpTo)? revising = null;
        var steps = new List<ReviseProgress>();
        try
        {
            await foreach (var update in drafter.DraftAsync(prompt, options.Draft, stop.Token).Told(drafter.ModelId).ConfigureAwait(false))
            {
                if (update is DraftToken token) yield return new GenerationUpdate.Drafted(text.Append(token));
                if (update is DraftCompleted end) (reason, _) = (end.Reason, Complete(text, end));
                if (revising is { Work.IsCompleted: true } done)
                {
                    text.Apply(await done.Work.ConfigureAwait(false), done.UpTo);
                    revising = null;
                    yield return new GenerationUpdate.Settled(text.Settle());
                }

                if (revising is not null || text.Tokens < block + pipeline.BlockTokens || text.LastSentenceEnd() is not { } upTo) continue;
                revising = (ReviseAsync(text, upTo, options.Revise!, steps, stop.Token), upTo);
                block = text.Tokens;
            }

            if (revising is { } last)
            {
                text.Apply(await last.Work.ConfigureAwait(false), last.UpTo);
                revising = null;
                yield return new GenerationUpdate.Settled(text.Settle());
            }

            text.Finish();
            text.Apply(await ReviseAsync(text, text.Text.Length, options.Revise!, steps, stop.Token).ConfigureAwait(false), text.Text.Length);
            foreach (var step in steps) yield return new GenerationUpdate.Revised(step);
            yield return new GenerationUpdate.Settled(text.Settle());
            yield return new GenerationUpdate.Completed(text.End(reason));
        }
        finally
        {
            // A reader that turns away leaves no revision behind.
            await stop.CancelAsync().ConfigureAwait(false);
            if (revising is { } left) await ((Task)left.Work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task<Revision> ReviseAsync(GrowingText text, int upTo, ReviseOptions options, List<ReviseProgress> steps, CancellationToken cancellationToken) =>
        revise(text.Text, options with { Part = TextSpan.Between(text.Revised, upTo), Kept = text.Kept }, new Collected(steps), cancellationToken);

    /// <summary>A block that was long enough ends nothing.</summary>
    private static StopReason? Reason(DraftCompleted end, GrowingText text, DraftOptions options) =>
        end.Reason == StopReason.MaxTokens && text.Tokens < options.MaxTokens ? null : end.Reason;

    private static GrowingText Complete(GrowingText text, DraftCompleted end)
    {
        text.Complete(end);
        return text;
    }

    private sealed class Collected(List<ReviseProgress> steps) : IProgress<ReviseProgress>
    {
        public void Report(ReviseProgress value)
        {
            lock (steps) steps.Add(value);
        }
    }
}
