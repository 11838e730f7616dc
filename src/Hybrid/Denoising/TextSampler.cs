using HybridGen.Models;
using HybridGen.Tokens;

namespace HybridGen.Denoising;

/// <summary>Writes texts with a denoiser alone: goes on from a prompt, or fills gaps.</summary>
/// <remarks>Expects the tensors' thread and inference mode.</remarks>
internal sealed class TextSampler(IDenoiser denoiser, ITokenizer tokenizer)
{
    private const int UsualBlock = 32;

    private DenoiserDescriptor Descriptor => denoiser.Descriptor;

    /// <summary>Goes on from a prompt until the model ends the text or its largest length is reached.</summary>
    /// <param name="prompt">What to go on from; may be empty.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it before the next pass; what is written is returned, marked as cut short.</param>
    /// <exception cref="ArgumentException">An option does not fit the model, or a callback's answer cannot be followed.</exception>
    /// <exception cref="RefiningException">The prompt does not fit into the model's context, or its arithmetic fails.</exception>
    public DiffusedText Generate(string prompt, DiffusionOptions options, CancellationToken cancellationToken = default)
    {
        if (options.CorrectionSteps > 0) CheckCorrects(options.CorrectionSteps);
        var ids = Prompt(prompt, options.ReadsControlTokens);
        var block = BlockLength(options.BlockLength);
        var goesByBlocks = Descriptor.Attention == AttentionPattern.BlockCausal;
        var padding = goesByBlocks ? (block - ids.Count % block) % block : 0;
        var tokens = Math.Min(options.MaxNewTokens, Descriptor.MaxPositions - padding - ids.Count);
        if (tokens < 1) throw new RefiningException($"The prompt has {ids.Count} tokens, and the refiner's context of {Descriptor.MaxPositions} leaves no room to write.");
        var canvas = new DenoisingCanvas([.. Enumerable.Repeat(Descriptor.PadId ?? Descriptor.EosId ?? Descriptor.MaskId, padding), .. ids], Descriptor.MaskId, padding);
        BlockRule rule = options.Grows || goesByBlocks ? new BlockRule.Growing(block, tokens) : new BlockRule.AfterPrompt(block, tokens);
        var sampling = Told(options.Sampling with { ForbidTokens = [.. options.Sampling.ForbidTokens, .. ControlTokens()] });
        var written = DiffusionSampler.Run(denoiser, [canvas], rule, sampling, cancellationToken)[0];
        return Text(prompt, options.CorrectionSteps > 0 ? Corrected(written, canvas, sampling, options.CorrectionSteps, cancellationToken) : written);
    }

    /// <summary>Fills the gaps of a text; all else of it stays as it is.</summary>
    /// <param name="text">The text.</param>
    /// <param name="gaps">Its gaps, in any order; they may not overlap.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it before the next pass; gaps not yet filled get what was proposed for them, or stay as they were.</param>
    /// <exception cref="ArgumentException">Gaps overlap, lie outside of the text or within a character, or have no tokens.</exception>
    /// <exception cref="RefiningException">A gap is longer than the model's context, or its arithmetic fails.</exception>
    public InfilledText Infill(string text, IReadOnlyList<Gap> gaps, InfillOptions options, CancellationToken cancellationToken = default)
    {
        if (options.MinTokens > options.MaxTokens) throw new ArgumentException($"MinTokens is {options.MinTokens}, and MaxTokens {options.MaxTokens}; the fewest may not be more than the most.");
        var ordered = gaps.OrderBy(gap => gap.Span.Start).ThenBy(gap => gap.Span.End).ToArray();
        Check(text, ordered);
        var forbidden = tokenizer.AddedTokens.Values.Where(id => id < Descriptor.VocabularySize && id != Descriptor.MaskId).Concat(ControlTokens()).Distinct();
        var sampling = Told(options.Sampling with { End = new EndRule.Forbidden(), ForbidTokens = [.. options.Sampling.ForbidTokens, .. forbidden] });
        return new GapFiller(denoiser, tokenizer, options with { Sampling = sampling }, cancellationToken).Fill(text, ordered);
    }

    private void CheckCorrects(int steps)
    {
        if (!Descriptor.IsTimeConditioned || !Descriptor.ScoresVisibleTokens)
            throw new ArgumentException($"CorrectionSteps is {steps}, and a '{Descriptor.Family}' model was never trained on wrong tokens, so it cannot correct its own.");
    }

    /// <summary>The text after self-correction; its prompt and its end stay.</summary>
    private SamplingResult Corrected(SamplingResult written, DenoisingCanvas canvas, SamplingOptions options, int steps, CancellationToken cancellationToken)
    {
        if (written.Reason is not (SamplingEnd.EndOfText or SamplingEnd.MaxTokens)) return written;
        var last = written.Reason == SamplingEnd.EndOfText ? written.Ids.Count - 1 : written.Ids.Count;
        var draft = new DenoisingCanvas(written.Ids, Descriptor.MaskId, canvas.Padding, i => i < written.PromptLength || i >= last);
        var limits = options with { End = new EndRule.Forbidden(), Steps = steps, MaxForwards = options.MaxForwards - written.Forwards };
        var mended = GiddSampler.Correct(denoiser, [draft], new GiddOptions { Limits = limits }, cancellationToken)[0];
        var sources = mended.Sources.Zip(written.Sources, (after, before) => after.Kind is TokenSourceKind.Draft or TokenSourceKind.Given ? before : after with { Step = after.Step + written.Steps });
        return written with
        {
            Ids = mended.Ids,
            Sources = [.. sources],
            Reason = mended.Reason == SamplingEnd.Filled ? written.Reason : mended.Reason,
            Steps = written.Steps + mended.Steps,
            Forwards = written.Forwards + mended.Forwards,
            Positions = written.Positions + mended.Positions,
        };
    }

    private List<int> Prompt(string prompt, bool readsAdded)
    {
        var ids = tokenizer.Tokenize(Seam.Left(prompt), readsAdded).Select(token => token.Id).ToList();
        // A place whose logits stand at the place before it needs one before it.
        var first = Descriptor.BosId ?? (Descriptor.ShiftsLogits ? Descriptor.EosId : null);
        if (first is { } bos && (Descriptor.BosId is not null || ids.Count == 0) && (ids.Count == 0 || ids[0] != bos)) ids.Insert(0, bos);
        return ids;
    }

    private int BlockLength(int? wanted)
    {
        var trained = Descriptor.TrainedBlockLengths;
        if (wanted is { } length && trained.Count > 0 && !trained.Contains(length))
            throw new ArgumentException($"BlockLength is {length}; this model was trained with blocks of {string.Join(" or ", trained)} tokens.");
        return wanted ?? (trained.Count > 0 ? trained[0] : UsualBlock);
    }

    /// <summary>Tokens that only frame texts; those that end one are the end rule's affair.</summary>
    private IEnumerable<int> ControlTokens()
    {
        var ends = DiffusionSampler.EndIds(Descriptor).ToArray();
        foreach (var id in new[] { Descriptor.BosId, Descriptor.PadId, Descriptor.SepId })
            if (id is { } control && control != Descriptor.MaskId && !ends.Contains(control)) yield return control;
    }

    private SamplingOptions Told(SamplingOptions options) =>
        options.OnStep is { } onStep ? options with { OnStep = step => onStep(step with { Text = Shown(step.Ids) }) } : options;

    private string Shown(IReadOnlyList<int> ids)
    {
        var (text, part) = (new System.Text.StringBuilder(), new List<int>());
        foreach (var id in ids.Append(Descriptor.MaskId))
        {
            if (id != Descriptor.MaskId) part.Add(id);
            else
            {
                text.Append(tokenizer.Decode(part, skipSpecial: true)).Append('\u2591');
                part.Clear();
            }
        }

        return text.ToString(0, text.Length - 1);
    }

    private DiffusedText Text(string prompt, SamplingResult result)
    {
        var written = result.Ids.Skip(result.PromptLength).ToList();
        var hasEnd = written.Count > 0 && DiffusionSampler.EndIds(Descriptor).Contains(written[^1]);
        var text = Seam.Text(tokenizer, result.Ids.Take(result.PromptLength).LastOrDefault(-1), hasEnd ? written[..^1] : written, -1, Descriptor.MaskId);
        text = Seam.FitLeft(prompt, text);
        var reason = result.Reason == SamplingEnd.EndOfText && string.IsNullOrWhiteSpace(text) ? SamplingEnd.Empty : result.Reason;
        var tokens = written.Zip(result.Sources.Skip(result.PromptLength), (id, source) => new DiffusedToken(id, source)).ToArray();
        return new DiffusedText(text, reason, tokens, [.. result.Runs.Select(run => run with { Start = run.Start - result.PromptLength })], result.Steps, result.Forwards) { Positions = result.Positions };
    }

    private static void Check(string text, Gap[] gaps)
    {
        var end = 0;
        foreach (var (span, tokens) in gaps)
        {
            var where = $"The gap at {span.Start}, of {span.Length} characters,";
            if (span.Length < 0 || span.Start < 0 || span.End > text.Length) throw new ArgumentException($"{where} lies outside of the text, which has {text.Length}.");
            if (span.Start < end) throw new ArgumentException($"{where} overlaps the one before it, which ends at {end}.");
            if (tokens < 1) throw new ArgumentException($"{where} has {tokens} tokens; it must have 1 or more, or none given.");
            if (Splits(text, span.Start) || Splits(text, span.End)) throw new ArgumentException($"{where} begins or ends between the halves of a character.");
            end = span.End;
        }
    }

    private static bool Splits(string text, int index) => index > 0 && index < text.Length && char.IsSurrogatePair(text, index - 1);
}
