namespace HybridGen.Cli.Catalogue;

/// <summary>The server of the catalogue's repositories, or a mirror of it.</summary>
/// <param name="Endpoint">Its address.</param>
/// <param name="Token">What opens gated repositories to their reader.</param>
internal sealed record Hub(Uri Endpoint, string? Token)
{
    private const string Official = "https://huggingface.co";

    /// <summary>The hub that the environment names, under the names that other tools use.</summary>
    /// <exception cref="PullException">HF_ENDPOINT is no address.</exception>
    public static Hub Open()
    {
        var named = Environment.GetEnvironmentVariable("HF_ENDPOINT");
        var token = Environment.GetEnvironmentVariable("HF_TOKEN")?.Trim();
        var address = string.IsNullOrWhiteSpace(named) ? Official : named.Trim();
        if (!Uri.TryCreate(address, UriKind.Absolute, out var endpoint) || !WantedFile.IsWeb(endpoint))
            throw new PullException($"HF_ENDPOINT is '{address}'; it must be the address of a server, as {Official}.");
        return new Hub(endpoint, string.IsNullOrEmpty(token) ? null : token);
    }

    /// <summary>The token, for the hub alone and where no one can read it on the way.</summary>
    public string? TokenFor(Uri address) =>
        address.Authority == Endpoint.Authority && (address.Scheme == Uri.UriSchemeHttps || address.IsLoopback) ? Token : null;

    /// <summary>Why a file is refused, and what opens it.</summary>
    public string Refusal(Uri address, int status)
    {
        if (address.Authority != Endpoint.Authority) return $"'{address}' must not be read ({status}).";
        var repository = new Uri(Endpoint, string.Join('/', address.AbsolutePath.Split('/').Take(3)));
        return $"'{address}' must not be read ({status}): accept the licence at {repository} and "
            + (Token is null ? "give an access token in HF_TOKEN." : "see that the token in HF_TOKEN belongs to who accepted it.");
    }

    /// <summary>The SHA-256 that a hub announces for a large file; <see langword="null"/> where it announces none.</summary>
    public static string? Sha256(HttpResponseMessage response)
    {
        // Other servers may well have tags of 64 digits that are no hash of the content.
        var named = Header(response, "X-Linked-ETag") ?? (Header(response, "X-Repo-Commit") is null ? null : Header(response, "ETag"));
        var digits = named?.Trim('"');
        return digits is not null && WantedFile.IsSha256(digits) ? digits.ToLowerInvariant() : null;
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
