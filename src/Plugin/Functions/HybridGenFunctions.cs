using System.ComponentModel;
using System.Text.Json;
using HybridGen.Denoising;
using HybridGen.Editing;
using HybridGen.Revising;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin.Functions;

/// <summary>What a model, or a kernel's user, can have done to a text: functions for a <see cref="KernelPlugin"/>.</summary>
/// <param name="engine">The engine, which stays the caller's, or the container's.</param>
/// <param name="options">How texts are revised, policies apart; <see langword="null"/> for the defaults.</param>
/// <remarks>
/// The text comes as an argument, and so as it is: in a prompt template it would be encoded for HTML. A function's result that a template puts
/// into a prompt is encoded, too.
/// </remarks>
public sealed class HybridGenFunctions(HybridGenEngine engine, ReviseOptions? options = null)
{
    private const string TextToRevise = "The whole text, exactly as it is: not shortened, not quoted, not encoded. It may have many paragraphs.";
    private const string TermsToKeep = "Names and terms that must stay exactly as they are written: one on each line, or a JSON array. Leave it out if there are none.";

    private readonly HybridGenEngine _engine = engine ?? throw new ArgumentNullException(nameof(engine));
    private readonly ReviseOptions _options = options ?? new();

    /// <summary>Mends spelling and names; nothing else changes.</summary>
    [KernelFunction("fix_spelling")]
    [Description("Corrects misspelled and confused words and names that are written in different ways. Changes nothing else: layout, code and addresses stay. Use it to proofread a text without rewriting it.")]
    [return: Description("The whole corrected text.")]
    public async Task<string> FixSpellingAsync([Description(TextToRevise)] string text, [Description(TermsToKeep)] string? keep = null, CancellationToken cancellationToken = default) =>
        (await ReviseAsync(text, keep, [new EditPolicy.Spelling()], cancellationToken).ConfigureAwait(false)).Output;

    /// <summary>Writes each name and term in one way.</summary>
    [KernelFunction("make_consistent")]
    [Description("Makes a text write each of its names and terms in the same way throughout. Does not correct other spelling. Use it for long texts in which names may be written in different ways.")]
    [return: Description("The whole text with its names made consistent.")]
    public async Task<string> MakeConsistentAsync([Description(TextToRevise)] string text, [Description(TermsToKeep)] string? keep = null, CancellationToken cancellationToken = default) =>
        (await ReviseAsync(text, keep, [new EditPolicy.Consistency()], cancellationToken).ConfigureAwait(false)).Output;

    /// <summary>Mends spelling, names and grammar.</summary>
    [KernelFunction("revise")]
    [Description("Corrects spelling, names and grammar of an English text and leaves its meaning and style. Use it as the last step before a text is shown to somebody.")]
    [return: Description("The whole revised text.")]
    public async Task<string> ReviseAsync([Description(TextToRevise)] string text, [Description(TermsToKeep)] string? keep = null, CancellationToken cancellationToken = default) =>
        (await ReviseAsync(text, keep, new ReviseOptions().Policies, cancellationToken).ConfigureAwait(false)).Output;

    /// <summary>Writes the marked gaps of a text.</summary>
    /// <exception cref="ArgumentException">The text has no gap.</exception>
    [KernelFunction("infill")]
    [Description("Writes the gaps of a text from what stands before and behind them. The rest of the text stays as it is.")]
    [return: Description("The whole text with its gaps filled.")]
    public async Task<string> InfillAsync(
        [Description("The text, each gap marked by [_] where the length is free, or by [_3] where three tokens are to stand: \"She went to [_] and bought [_2].\"")] string text,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (plain, gaps) = MarkedGaps.Read(text);
        if (gaps.Count == 0) throw new ArgumentException("The text has no gap; mark one by [_], or by [_3] for three tokens.", nameof(text));
        return (await NamedAsync(() => _engine.InfillAsync(plain, gaps, cancellationToken: cancellationToken)).ConfigureAwait(false)).Text;
    }

    /// <summary>Says which words are the most doubtful.</summary>
    [KernelFunction("score")]
    [Description("Says which words of a text are the most doubtful, and what would be more probable in their place. Changes nothing.")]
    [return: Description("The doubtful words, the most doubtful first; empty where there is no doubt.")]
    public async Task<IReadOnlyList<DoubtfulWord>> ScoreAsync(
        [Description(TextToRevise)] string text,
        [Description("How many words to name at most, from 1 on.")] int most = 10,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var score = await NamedAsync(() => _engine.ScoreAsync(text, cancellationToken: cancellationToken)).ConfigureAwait(false);
        return new FoundList<DoubtfulWord>([.. score.Words.Where(word => word.Suspicion > 0).OrderByDescending(word => word.Suspicion).Take(most)
            .Select(word => new DoubtfulWord(word.Span.Start, word.Text, Math.Round(word.Suspicion, 2), word.Best))]);
    }

    /// <summary>Says what a revision would change, and why.</summary>
    [KernelFunction("explain_edits")]
    [Description("Says what should be changed in an English text, where, and why: spelling, names and grammar. Changes nothing. Use it to advise a writer instead of correcting for them.")]
    [return: Description("The changes in the text's order; empty where nothing should change.")]
    public async Task<IReadOnlyList<ExplainedEdit>> ExplainEditsAsync([Description(TextToRevise)] string text, [Description(TermsToKeep)] string? keep = null, CancellationToken cancellationToken = default) =>
        new FoundList<ExplainedEdit>([.. (await ReviseAsync(text, keep, new ReviseOptions().Policies, cancellationToken).ConfigureAwait(false)).Edits.Select(ExplainedEdit.Of)]);

    private Task<Revision> ReviseAsync(string text, string? keep, IReadOnlyList<EditPolicy> policies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        var protection = _options.Protection with { Glossary = [.. _options.Protection.Glossary, .. Terms(keep)] };
        return NamedAsync(() => _engine.ReviseAsync(text, _options with { Policies = policies, Protection = protection }, cancellationToken: cancellationToken));
    }

    /// <summary>Terms as models and templates write them: one on each line, a JSON array, or, on a single line, with commas between.</summary>
    private static string[] Terms(string? keep)
    {
        // What a kernel makes of an array that it is given for a text.
        if (string.IsNullOrWhiteSpace(keep)) return [];
        if (keep == typeof(string[]).FullName) throw new ArgumentException("keep is an array; give it as a text, one term on each line.", nameof(keep));
        if (keep.TrimStart()[0] == '[' && Listed(keep) is { } listed) return listed;
        return keep.Split(keep.Contains('\n', StringComparison.Ordinal) ? '\n' : ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static string[]? Listed(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, PluginJson.Default.StringArray)?.Where(term => !string.IsNullOrWhiteSpace(term)).ToArray();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task<T> NamedAsync<T>(Func<Task<T>> work) => ServiceFailure.NamedAsync(work, failure => $"The text could not be worked on: {failure.Message}");
}
