using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HybridGen.Plugin.Tests;

/// <summary>Answers as the servers of OpenAI, Azure and Ollama do: with one text in pieces and perhaps a tool call, whole or as a stream.</summary>
internal sealed class ScriptedServer(params string[] pieces) : HttpMessageHandler
{
    /// <summary>With what the first tool that is offered is called after the text, until the conversation has its result; null for no call.</summary>
    public JsonObject? Arguments { get; init; }

    /// <summary>Whether it says its first line for as long as somebody reads.</summary>
    public bool IsEndless { get; init; }

    /// <summary>What it answers with; nothing else where that is a failure.</summary>
    public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

    /// <summary>What was asked for, newest last.</summary>
    public List<JsonNode> Requests { get; } = [];

    /// <summary>The last answer's end: whether it was read to it.</summary>
    public Task<bool> Answering { get; private set; } = Task.FromResult(false);

    private (string Name, JsonObject Arguments)? Call { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        Requests.Add(body);
        var hasResult = body["messages"]?.AsArray().Any(message => message!["role"]!.GetValue<string>() == "tool") == true;
        if (Status != HttpStatusCode.OK) return new HttpResponseMessage(Status) { Content = new StringContent("""{"error":"no"}"""), RequestMessage = request };
        Call = Arguments is null || hasResult ? null : (body["tools"]![0]!["function"]!["name"]!.GetValue<string>(), Arguments);
        var (lines, type) = Answer(request.RequestUri!.AbsolutePath, body["stream"]?.GetValue<bool>());
        var pipe = new Pipe();
        Answering = WriteAsync(lines, pipe.Writer);
        var content = new StreamContent(pipe.Reader.AsStream());
        content.Headers.ContentType = new(type);
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request };
    }

    private async Task<bool> WriteAsync(IEnumerable<string> lines, PipeWriter writer)
    {
        foreach (var line in IsEndless ? Enumerable.Repeat(lines.First(), int.MaxValue) : lines)
            if ((await writer.WriteAsync(Encoding.UTF8.GetBytes(line))).IsCompleted) return false;
        await writer.CompleteAsync();
        return true;
    }

    /// <summary>The lines of an answer; a server of Ollama streams where it is not asked not to.</summary>
    private (IEnumerable<string> Lines, string Type) Answer(string path, bool? isStream) => path switch
    {
        "/api/chat" => (Ollama(isStream != false, (text, calls) => new { message = new { role = "assistant", content = text, tool_calls = calls } }).Select(Line), "application/x-ndjson"),
        "/api/generate" => (Ollama(isStream != false, (text, _) => new { response = text }).Select(Line), "application/x-ndjson"),
        _ when !path.EndsWith("/chat/completions", StringComparison.Ordinal) => throw new InvalidOperationException($"Nothing answers at {path}."),
        _ when isStream == true => (OpenAI().Select(part => $"data: {Line(part)}\n").Append("data: [DONE]\n\n"), "text/event-stream"),
        _ => ([Line(Completion("chat.completion", new { index = 0, message = new { role = "assistant", content = string.Concat(pieces), tool_calls = OpenAICalls() }, finish_reason = Ending }, usage: true))], "application/json"),
    };

    private IEnumerable<object> OpenAI()
    {
        foreach (var piece in pieces) yield return Chunk(new { role = "assistant", content = piece }, null);
        if (Call is not null) yield return Chunk(new { tool_calls = OpenAICalls() }, null);
        yield return Chunk(new { }, Ending);
        yield return Completion("chat.completion.chunk", null, usage: true);

        static object Chunk(object delta, string? ending) => Completion("chat.completion.chunk", new { index = 0, delta, finish_reason = ending }, usage: false);
    }

    private static object Completion(string kind, object? choice, bool usage) => new
    {
        id = "r",
        @object = kind,
        created = 1_700_000_000,
        model = "m",
        choices = choice is null ? [] : new[] { choice },
        usage = usage ? new { prompt_tokens = 5, completion_tokens = 7, total_tokens = 12 } : null,
    };

    private string Ending => Call is null ? "stop" : "tool_calls";

    private object[]? OpenAICalls() => Call is { } call ? [new { index = 0, id = "c", type = "function", function = new { name = call.Name, arguments = call.Arguments.ToJsonString() } }] : null;

    private IEnumerable<JsonObject> Ollama(bool isStream, Func<string, object[]?, object> say)
    {
        object[]? calls = Call is { } call ? [new { function = new { name = call.Name, arguments = call.Arguments } }] : null;
        if (isStream) foreach (var piece in pieces) yield return Part(say(piece, null), new { done = false });
        if (isStream && calls is not null) yield return Part(say("", calls), new { done = false });
        yield return Part(say(isStream ? "" : string.Concat(pieces), isStream ? null : calls), new
        {
            done = true,
            done_reason = "stop",
            total_duration = 5,
            load_duration = 1,
            prompt_eval_count = 5,
            prompt_eval_duration = 2,
            eval_count = 7,
            eval_duration = 2,
        });

        static JsonObject Part(object said, object state) =>
            [.. new[] { new { model = "m", created_at = "2026-01-01T00:00:00Z" }, said, state }.SelectMany(part => JsonSerializer.SerializeToNode(part, Written)!.AsObject()).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))];
    }

    private static JsonSerializerOptions Written { get; } = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private static string Line(object part) => JsonSerializer.Serialize(part, Written) + "\n";
}
