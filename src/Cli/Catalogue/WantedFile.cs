namespace HybridGen.Cli.Catalogue;

/// <summary>A file to pull.</summary>
/// <param name="Name">Its name in the model's folder.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Size">Bytes that it must have.</param>
/// <param name="Sha256">SHA-256 that it must have, in hex.</param>
/// <param name="Asker">Who says so: the catalogue or the caller.</param>
/// <param name="Optional">Whether its absence on the server is no error.</param>
internal sealed record WantedFile(string Name, Uri Address, long? Size, string? Sha256, string Asker, bool Optional = false)
{
    public static bool IsSha256(string digits) => digits.Length == 64 && digits.All(char.IsAsciiHexDigit);

    public static bool IsWeb(Uri address) => address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp;

    /// <exception cref="PullException">What arrives could be changed on its way, and nothing would tell.</exception>
    public void CheckTransport(Uri address)
    {
        if (!IsWeb(address)) throw new PullException($"'{address}' is no address that can be fetched; it must begin with https://.");
        if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback && Sha256 is null)
            throw new PullException($"'{address}' is not protected on its way; use https, or say with --sha256 what must arrive.");
    }
}
