using System.Runtime.CompilerServices;
using HybridGen.Editing;
using HybridGen.Pipelines;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using ChatResponse = Microsoft.Extensions.AI.ChatResponse;
using ChatResponseUpdate = Microsoft.Extensions.AI.ChatResponseUpdate;

namespace HybridGen.Plugin.Revising;

/// <summary>Revises what a kernel's prompts are answered with, whichever service answers: OpenAI, Azure, Ollama.</summary>
/// <remarks>
/// Results of functions that are methods stay as they are, and so do tool calls, answers that are JSON, and code and addresses inside a text. What
/// was changed is said in the metadata, under <see cref="RevisedAnswer.EditsKey"/>.
/// </remarks>
/// <param name="engine">The engine, which stays the caller's, or the container's; its drafter is not needed.</param>
/// <param name="options">How; <see langword="null"/> for the defaults.</param>
/// <param name="applies">Whose results are revised; <see langword="null"/> for those of all prompts.</param>
public sealed class HybridGenRevisionFilter(HybridGenEngine engine, StreamReviserOptions? options = null, Func<KernelFunction, bool>? applies = null) : IFunctionInvocationFilter
{
    private readonly HybridGenEngine _engine = engine ?? throw new ArgumentNullException(nameof(engine));
    private readonly StreamReviserOptions _options = options ?? new();
    private readonly Func<KernelFunction, bool> _applies = applies ?? (function => function.UnderlyingMethod is null);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The engine refused, or the refiner cannot be loaded or failed; the inner exception is the engine's own.</exception>
    public async Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        await next(context).ConfigureAwait(false);
        if (!_applies(context.Function)) return;
        string Say(Exception failure) => $"The answer of '{context.Function.Name}' could not be revised: {failure.Message}";
        if (await ServiceFailure.NamedAsync(() => ReviseAsync(context.Result.GetValue<object>(), Say, context.CancellationToken), Say).ConfigureAwait(false) is { } revised) context.Result = new FunctionResult(context.Result, revised);
    }

    /// <summary>The result after revision; <see langword="null"/> where it stays as it is.</summary>
    private async Task<object?> ReviseAsync(object? result, Func<Exception, string> say, CancellationToken cancellationToken) => result switch
    {
        ChatMessageContent message => await ReviseAsync(message, cancellationToken).ConfigureAwait(false),
        IReadOnlyList<ChatMessageContent> messages => await messages.ToAsyncEnumerable().Select((message, token) => new ValueTask<ChatMessageContent>(ReviseAsync(message, token))).ToListAsync(cancellationToken).ConfigureAwait(false),
        ChatResponse response => await new AnswerReviser(_engine, _options).ReviseAsync(response, cancellationToken).ConfigureAwait(false),
        IAsyncEnumerable<ChatResponseUpdate> updates => ServiceFailure.NamedAsync(new AnswerReviser(_engine, _options).ReviseAsync(updates, cancellationToken), say, cancellationToken),
        TextContent content => await ReviseAsync(content, cancellationToken).ConfigureAwait(false),
        string text => (await ReviseAsync(text, cancellationToken).ConfigureAwait(false))?.Output,
        IAsyncEnumerable<StreamingChatMessageContent> messages => ServiceFailure.NamedAsync(Stream(messages, Text, With, cancellationToken), say, cancellationToken),
        IAsyncEnumerable<StreamingTextContent> contents => ServiceFailure.NamedAsync(Stream(contents, content => content.Text, With, cancellationToken), say, cancellationToken),
        IAsyncEnumerable<StreamingKernelContent> contents => ServiceFailure.NamedAsync(Stream(contents, Text, With, cancellationToken), say, cancellationToken),
        IAsyncEnumerable<string> pieces => ServiceFailure.NamedAsync(Stream(pieces, piece => piece, (_, block) => block.Text, cancellationToken), say, cancellationToken),
        _ => null,
    };

    private async Task<ChatMessageContent> ReviseAsync(ChatMessageContent message, CancellationToken cancellationToken)
    {
        if (message.Role != AuthorRole.Assistant) return message;
        var items = new ChatMessageContentItemCollection();
        var edits = new List<Edit>();
        foreach (var item in message.Items)
        {
            var revised = item is TextContent text ? await ReviseAsync(text, cancellationToken).ConfigureAwait(false) : null;
            items.Add(revised ?? item);
            if (revised is not null) edits.AddRange((IReadOnlyList<Edit>)revised.Metadata![RevisedAnswer.EditsKey]!);
        }

        return new ChatMessageContent(message.Role, items, message.ModelId, message.InnerContent, message.Encoding, Metadata(message.Metadata, message.Content ?? "", edits))
        {
            AuthorName = message.AuthorName,
        };
    }

    private async Task<TextContent?> ReviseAsync(TextContent content, CancellationToken cancellationToken) =>
        content.Text is { } text && await ReviseAsync(text, cancellationToken).ConfigureAwait(false) is { } revision
            ? new TextContent(revision.Output, content.ModelId, content.InnerContent, content.Encoding, Metadata(content.Metadata, text, revision.Edits))
            : null;

    private async Task<Revision?> ReviseAsync(string text, CancellationToken cancellationToken) =>
        RevisedAnswer.IsJson(text) == false ? await _engine.ReviseAsync(text, _options.Revise, cancellationToken: cancellationToken).ConfigureAwait(false) : null;

    /// <summary>Revises each of the answers that come one after the other.</summary>
    private async IAsyncEnumerable<T> Stream<T>(IAsyncEnumerable<T> items, Func<T, string?> text, Func<T, RevisedBlock, T> with, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reader = items.GetAsyncEnumerator(stop.Token);
        await using (reader.ConfigureAwait(false))
        {
            var isMore = await reader.MoveNextAsync().ConfigureAwait(false);
            while (isMore)
                await foreach (var item in StreamOne(AnswerAsync(CancellationToken.None), text, with, cancellationToken).ConfigureAwait(false)) yield return item;

            async IAsyncEnumerable<T> AnswerAsync([EnumeratorCancellation] CancellationToken turnedAway)
            {
                await using var registration = turnedAway.UnsafeRegister(_ => stop.Cancel(), null).ConfigureAwait(false);
                for (var choice = Choice(reader.Current); isMore && Choice(reader.Current) == choice; isMore = await reader.MoveNextAsync().ConfigureAwait(false)) yield return reader.Current;
            }
        }
    }

    private static int Choice<T>(T item) => item is StreamingKernelContent content ? content.ChoiceIndex : 0;

    private async IAsyncEnumerable<T> StreamOne<T>(IAsyncEnumerable<T> items, Func<T, string?> text, Func<T, RevisedBlock, T> with, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var json = new JsonBeginning();
        await foreach (var item in new StreamReviser(_engine, _options).ReviseAsync(items, Prose, with, cancellationToken).ConfigureAwait(false)) yield return item;

        string? Prose(T item) => text(item) is { } piece && !json.IsWithin(piece) ? piece : null;
    }

    private static string? Text(StreamingKernelContent content) => content switch
    {
        StreamingChatMessageContent message => Text(message),
        StreamingTextContent text => text.Text,
        _ => null,
    };

    /// <summary>The text of a message's part that has nothing else.</summary>
    private static string? Text(StreamingChatMessageContent message) =>
        message.Role is { } role && role != AuthorRole.Assistant ? null : message.Items.All(item => item is StreamingTextContent) ? message.Content ?? "" : null;

    private static StreamingKernelContent With(StreamingKernelContent content, RevisedBlock block) =>
        content is StreamingChatMessageContent message ? With(message, block) : With((StreamingTextContent)content, block);

    private static StreamingChatMessageContent With(StreamingChatMessageContent message, RevisedBlock block) =>
        new(message.Role, block.Text, message.InnerContent, message.ChoiceIndex, message.ModelId, message.Encoding, Metadata(message.Metadata, null, block.Edits)) { AuthorName = message.AuthorName };

    private static StreamingTextContent With(StreamingTextContent content, RevisedBlock block) =>
        new(block.Text, content.ChoiceIndex, content.ModelId, content.InnerContent, content.Encoding, Metadata(content.Metadata, null, block.Edits));

    private static Dictionary<string, object?> Metadata(IReadOnlyDictionary<string, object?>? metadata, string? draft, IReadOnlyList<Edit> edits)
    {
        var all = new Dictionary<string, object?>(metadata ?? new Dictionary<string, object?>()) { [RevisedAnswer.EditsKey] = edits };
        if (draft is not null) all[RevisedAnswer.DraftKey] = draft;
        return all;
    }
}
