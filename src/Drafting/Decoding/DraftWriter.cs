using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Writes one draft: chooses token after token and reports each with the model's own view of it.</summary>
internal sealed class DraftWriter : Continuation, IDisposable
{
    private readonly LlamaVocabulary _vocabulary;
    private readonly DraftOptions _options;
    private readonly FittedPrompt _prompt;
    private readonly int _contextSize;
    private readonly ChannelWriter<DraftUpdate> _updates;
    private readonly TokenSampler _sampler;
    private readonly DraftText _text;
    private readonly AnswerWriter? _answer;
    private readonly List<LLamaToken> _tokens = [];
    private long _started;
    private long _drafting;
    private int _cached;
    private bool _isCacheRefused;

    public DraftWriter(LlamaVocabulary vocabulary, DraftOptions options, TokenSampler sampler, FittedPrompt prompt, int contextSize, ChannelWriter<DraftUpdate> updates)
    {
        (_vocabulary, _options, _prompt, _contextSize, _updates) = (vocabulary, options, prompt, contextSize, updates);
        _sampler = sampler;
        _text = new DraftText(options.StopStrings);
        if (!prompt.Answer.Format.IsPlain) _answer = new AnswerWriter(prompt.Answer, prompt.Written);
    }

    /// <summary>The tokens that were chosen, also those whose text a stop string cut off.</summary>
    public IReadOnlyList<LLamaToken> Tokens => _tokens;

    public override int? Threads => _options.Threads;

    public override void Begin(int cached, bool refused) => (_started, _cached, _isCacheRefused) = (Stopwatch.GetTimestamp(), cached, refused);

    public override LLamaToken? Next(SafeLLamaContextHandle context, int row, Slot slot)
    {
        if (_tokens.Count == 0) _drafting = Stopwatch.GetTimestamp();
        var statistics = slot.Statistics;
        statistics.Read(context.GetLogitsIth(row));
        var token = _sampler.Sample(context, row, statistics);
        if (_vocabulary.EndsText(token)) return End(StopReason.EndOfText);
        _tokens.Add(token);
        Write(_text.Add(Describe(token, statistics), Bytes(token)));
        if (_text.IsStopped) return Complete(StopReason.StopString);
        if (_tokens.Count == _options.MaxTokens) return End(StopReason.MaxTokens);
        return slot.Held.Count >= _contextSize ? End(StopReason.ContextFull) : token;
    }

    /// <summary>The bytes of a token; of a control token that marks a part of the message, those of its text.</summary>
    public byte[] Bytes(LLamaToken token) => _prompt.Answer.Marks.TryGetValue(token, out var mark) ? Encoding.UTF8.GetBytes(mark) : _vocabulary.Bytes(token);

    public void Dispose() => _sampler.Dispose();

    private LLamaToken? End(StopReason reason)
    {
        Write(_text.End());
        return Complete(reason);
    }

    private LLamaToken? Complete(StopReason reason)
    {
        _updates.TryWrite(new DraftCompleted(reason, _prompt.Tokens.Count, Stopwatch.GetElapsedTime(_started, _drafting), Stopwatch.GetElapsedTime(_drafting))
        {
            PromptIds = [.. _prompt.Tokens.Select(token => (int)token)],
            CachedTokens = _cached,
            IsCacheRefused = _isCacheRefused,
            DroppedTurns = _prompt.DroppedTurns,
            StopString = _text.StopString,
            Message = _answer?.End(),
        });
        return null;
    }

    private void Write(List<DraftToken> tokens)
    {
        foreach (var token in tokens) _updates.TryWrite(_answer?.Read(token) ?? token);
    }

    private DraftToken Describe(LLamaToken token, TokenStatistics statistics) => new(
        (int)token,
        "",
        default,
        statistics.LogProbability((int)token),
        statistics.Entropy,
        statistics.Top(_options.Alternatives).ConvertAll(other => new TokenAlternative(other.Id, Encoding.UTF8.GetString(_vocabulary.Bytes(other.Id)), other.LogProbability)));
}
