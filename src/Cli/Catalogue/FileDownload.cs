using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace HybridGen.Cli.Catalogue;

/// <summary>How much of a file has arrived.</summary>
internal readonly record struct Transferred(long Bytes, long? Total);

/// <summary>How a download behaves when the connection fails.</summary>
internal sealed record DownloadOptions
{
    /// <summary>Tries after one that brought nothing new.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>Pause before the first of them; the others wait twice as long as the one before.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection may be silent.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>Fetches a file in pieces if need be: what has arrived stays in a part, from which the next try goes on.</summary>
internal sealed class FileDownload(Hub hub, DownloadOptions options) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(30), Proxy = new ProxyButLoopback() })
    {
        // Large files take as long as they take; silence is what ends a try.
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { UserAgent = { new ProductInfoHeaderValue("hybridgen", typeof(FileDownload).Assembly.GetName().Version?.ToString(3)) } },
    };

    public void Dispose() => _client.Dispose();

    /// <summary>Completes the part of a file.</summary>
    /// <returns>Where it came from.</returns>
    /// <exception cref="PullException">The server refuses, or the connection fails again and again.</exception>
    public async Task<Origin> FetchAsync(WantedFile file, string part, IProgress<Transferred>? progress, CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            var before = Length(part);
            try
            {
                return await TryAsync(file, part, progress, cancellationToken);
            }
            catch (InterruptedException failure)
            {
                failures = Length(part) > before ? 1 : failures + 1;
                if (failures > options.Retries) throw new PullException($"'{file.Address}' cannot be fetched: {failure.Message}{Kept(part)}", failure);
            }

            await Task.Delay(options.Pause * (1 << (failures - 1)), cancellationToken);
        }
    }

    /// <summary>What is left for another time, as the end of a sentence.</summary>
    public static string Kept(string part) => Length(part) is > 0 and var bytes ? $" {bytes:N0} bytes are kept, and the same command goes on from there." : "";

    private async Task<Origin> TryAsync(WantedFile file, string part, IProgress<Transferred>? progress, CancellationToken cancellationToken)
    {
        var begun = Begun(file, part);
        var answer = await AskAsync(file, begun, Length(part), cancellationToken);
        using var response = answer.Response;
        var found = Origin.Of(response, file.Address, answer.Announced);
        // Nothing is missing: an earlier try ended before the file was checked.
        if (IsBeyond(response) && begun?.Length == Length(part)) return begun with { Sha256 = answer.Announced ?? begun.Sha256 };
        if (begun is not null && IsOfNoUse(response, begun, found, Length(part)))
        {
            Origin.Discard(part);
            return await TryAsync(file, part, progress, cancellationToken);
        }

        Refuse(file, response);
        await SaveAsync(file, response, found, part, progress, cancellationToken);
        return found;
    }

    private static bool IsBeyond(HttpResponseMessage response) => response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable;

    /// <summary>Whether what comes does not go on where the part ends.</summary>
    private static bool IsOfNoUse(HttpResponseMessage response, Origin begun, Origin found, long start) =>
        IsBeyond(response) || (IsPiece(response) && !(begun.IsSame(found) && response.Content.Headers.ContentRange?.From == start));

    private static bool IsPiece(HttpResponseMessage response) => response.StatusCode == HttpStatusCode.PartialContent;

    /// <summary>The version whose part is there; another file's, or one whose server names no version, is discarded.</summary>
    private static Origin? Begun(WantedFile file, string part)
    {
        if (Length(part) > 0 && Origin.Read(part) is { Version: not null } origin && origin.Address == file.Address) return origin;
        Origin.Discard(part);
        return null;
    }

    private async Task SaveAsync(WantedFile file, HttpResponseMessage response, Origin found, string part, IProgress<Transferred>? progress, CancellationToken cancellationToken)
    {
        var start = IsPiece(response) ? Length(part) : 0;
        if (file.Size is { } expected && found.Length is { } length && length != expected)
            throw new PullException($"'{file.Address}' has {length:N0} bytes, but {expected:N0} were expected; it was not fetched.");
        CheckSpace(part, found.Length - start);
        await using var target = new FileStream(part, start > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read);
        found.Write(part);
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        await CopyAsync(content, target, found.Length, progress, cancellationToken);
        if (found.Length is { } whole && target.Length != whole) throw new InterruptedException($"the connection ended after {target.Length:N0} of {whole:N0} bytes.");
    }

    private async Task CopyAsync(Stream content, FileStream target, long? total, IProgress<Transferred>? progress, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 17];
        while (await ReadAsync(content, buffer, cancellationToken) is > 0 and var count)
        {
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            progress?.Report(new Transferred(target.Position, total));
        }
    }

    private async Task<int> ReadAsync(Stream content, byte[] buffer, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(options.Silence);
        try
        {
            return await content.ReadAsync(buffer, silence.Token);
        }
        catch (IOException failure)
        {
            throw new InterruptedException($"the connection broke ({failure.Message.TrimEnd('.')}).", failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InterruptedException($"the server was silent for {options.Silence.TotalSeconds:F0} seconds.", failure);
        }
    }

    /// <summary>Asks for the file or the rest of it, through its redirections: the first answer of a hub says what the last one should bring.</summary>
    private async Task<Answer> AskAsync(WantedFile file, Origin? begun, long start, CancellationToken cancellationToken)
    {
        var (address, announced) = (file.Address, (string?)null);
        for (var hops = 0; hops < 10; hops++)
        {
            file.CheckTransport(address);
            var response = await SendAsync(Request(address, begun, start), cancellationToken);
            announced ??= Hub.Sha256(response);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } next) return new Answer(response, announced);
            response.Dispose();
            address = new Uri(address, next);
        }

        throw new PullException($"'{file.Address}' cannot be fetched: the server redirects without end.");
    }

    private HttpRequestMessage Request(Uri address, Origin? begun, long start)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (begun is not null) (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(start, null), begun.Version);
        if (hub.TokenFor(address) is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var asked = request;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(options.Silence);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        }
        catch (HttpRequestException failure) when (failure.InnerException is not AuthenticationException)
        {
            throw new InterruptedException($"{request.RequestUri!.Host} cannot be reached ({failure.Message.TrimEnd('.')}).", failure);
        }
        catch (HttpRequestException failure)
        {
            throw new PullException($"'{request.RequestUri}' cannot be fetched safely: {failure.InnerException!.Message}", failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InterruptedException($"the server did not answer for {options.Silence.TotalSeconds:F0} seconds.", failure);
        }
    }

    private void Refuse(WantedFile file, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status == 206 && response.RequestMessage?.Headers.Range is null) throw new PullException($"'{file.Address}' cannot be fetched: the server sends a piece that was not asked for.");
        if (response.IsSuccessStatusCode) return;
        if (status is 401 or 403) throw new PullException(hub.Refusal(file.Address, status));
        if (status is 404 or 410) throw new MissingFileException($"'{file.Address}' does not exist on the server ({status}).");
        if (status is 408 or 429 or >= 500) throw new InterruptedException($"the server answers {status} {response.ReasonPhrase}.");
        throw new PullException($"'{file.Address}' cannot be fetched: the server answers {status} {response.ReasonPhrase}.");
    }

    private static void CheckSpace(string part, long? needed)
    {
        var free = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(part))!).AvailableFreeSpace;
        if (needed > free) throw new PullException($"'{part}' needs {needed:N0} bytes more, but its disk has only {free:N0} left.{Kept(part)}");
    }

    private static long Length(string part) => new FileInfo(part) is { Exists: true } file ? file.Length : 0;

    private readonly record struct Answer(HttpResponseMessage Response, string? Announced);

    /// <summary>The connection failed in a way that may pass.</summary>
    private sealed class InterruptedException(string message, Exception? innerException = null) : Exception(message, innerException);

    /// <summary>The machine's own server needs no proxy, whatever the environment says.</summary>
    private sealed class ProxyButLoopback : IWebProxy
    {
        public ICredentials? Credentials { get => HttpClient.DefaultProxy.Credentials; set => HttpClient.DefaultProxy.Credentials = value; }

        public Uri? GetProxy(Uri destination) => HttpClient.DefaultProxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || HttpClient.DefaultProxy.IsBypassed(host);
    }
}

/// <summary>The server has no such file.</summary>
internal sealed class MissingFileException(string message) : Exception(message);
