using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace HybridGen.Cli.Tests;

/// <summary>A file as the server has it, and what it does wrong with it.</summary>
internal sealed record ServedFile(byte[] Content)
{
    public string? EntityTag { get; init; } = "\"v1\"";

    public bool IgnoresRanges { get; init; }

    /// <summary>Sends a piece whatever version it is of.</summary>
    public bool IgnoresVersions { get; init; }

    /// <summary>Bytes after which the connection is cut.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Bytes after which nothing comes any more.</summary>
    public int? StallAfter { get; init; }

    public int Status { get; init; } = 200;

    /// <summary>What a hub announces as the file's hash.</summary>
    public string? Announced { get; init; }

    public string? RedirectsTo { get; init; }

    /// <summary>A length that is not the content's.</summary>
    public long? ClaimedLength { get; init; }
}

/// <summary>A server of files on this machine.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _closing = new();

    public FileServer()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Address.ToString());
        _listener.Start();
        _ = Task.Run(ListenAsync);
    }

    public Uri Address { get; }

    /// <summary>Files by their path; the next answer to each is taken from its queue, and the last one stays.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<ServedFile>> Files { get; } = new();

    /// <summary>The <c>Range</c> of each request, empty where there was none.</summary>
    public ConcurrentQueue<string> Ranges { get; } = new();

    public ConcurrentQueue<string?> Authorizations { get; } = new();

    public Uri Serve(string path, params ServedFile[] answers)
    {
        Files[path] = new ConcurrentQueue<ServedFile>(answers);
        return new Uri(Address, path);
    }

    public void Dispose()
    {
        _closing.Cancel();
        _listener.Close();
        _closing.Dispose();
    }

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            var context = await _listener.GetContextAsync();
            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var range = context.Request.Headers["Range"] ?? "";
        Ranges.Enqueue(range);
        Authorizations.Enqueue(context.Request.Headers["Authorization"]);
        try
        {
            await AnswerAsync(context, Next(context.Request.Url!.AbsolutePath.TrimStart('/')), range);
        }
        catch (Exception failure) when (failure is HttpListenerException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            context.Response.Abort();
        }
    }

    private ServedFile? Next(string path)
    {
        if (!Files.TryGetValue(path, out var answers)) return null;
        return answers.Count > 1 && answers.TryDequeue(out var next) ? next : answers.TryPeek(out var last) ? last : null;
    }

    private async Task AnswerAsync(HttpListenerContext context, ServedFile? file, string range)
    {
        var response = context.Response;
        response.StatusCode = file is null ? 404 : file.RedirectsTo is null ? file.Status : 302;
        if (file?.Announced is { } hash) response.Headers["X-Linked-ETag"] = $"\"{hash}\"";
        if (file?.RedirectsTo is { } target) response.Headers["Location"] = target;
        if (response.StatusCode == 200) await SendAsync(context, file!, range);
        response.Close();
    }

    private async Task SendAsync(HttpListenerContext context, ServedFile file, string range)
    {
        var (response, start) = (context.Response, 0);
        if (file.EntityTag is { } tag) response.Headers["ETag"] = tag;
        if (range.Length > 0 && !file.IgnoresRanges && (file.IgnoresVersions || context.Request.Headers["If-Range"] == file.EntityTag))
        {
            start = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            if (start >= file.Content.Length)
            {
                response.StatusCode = 416;
                return;
            }

            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {start}-{file.Content.Length - 1}/{file.Content.Length}";
        }

        response.ContentLength64 = file.ClaimedLength ?? file.Content.Length - start;
        var end = Math.Min(file.Content.Length, file.CutAfter ?? file.StallAfter ?? int.MaxValue);
        await response.OutputStream.WriteAsync(file.Content.AsMemory(start, end - start), _closing.Token);
        await response.OutputStream.FlushAsync(_closing.Token);
        if (file.StallAfter is not null) await Task.Delay(Timeout.Infinite, _closing.Token);
        if (file.CutAfter is null) return;
        // What was sent must arrive before the connection ends.
        await Task.Delay(200, _closing.Token);
        response.Abort();
    }
}
