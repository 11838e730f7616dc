using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace HybridGen.Cli.Catalogue;

/// <summary>Where a file came from and which version of it; written beside it.</summary>
/// <param name="Address">The address that was asked for.</param>
/// <param name="EntityTag">The version as its server names it, if it is one that a download can be resumed with.</param>
/// <param name="LastModified">Where there is no such tag.</param>
/// <param name="Length">Bytes of the whole file.</param>
/// <param name="Sha256">What the server announced; once the file is whole, what it has.</param>
internal sealed record Origin(Uri Address, string? EntityTag, DateTimeOffset? LastModified, long? Length, string? Sha256)
{
    /// <summary>Ending of a file that is not whole yet.</summary>
    public const string Part = ".part";

    private const string Ending = ".origin";

    /// <summary>What <c>If-Range</c> asks for; <see langword="null"/> where the server names no version.</summary>
    public RangeConditionHeaderValue? Version =>
        EntityTag is not null ? new(EntityTag) : LastModified is { } date ? new(date) : null;

    public static Origin Of(HttpResponseMessage response, Uri address, string? announced) => new(
        address,
        // A weak tag does not promise the same bytes.
        response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null,
        response.Content.Headers.LastModified,
        response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.Length : response.Content.Headers.ContentLength,
        announced);

    /// <summary>Whether both are the same version of the same file, as far as can be told.</summary>
    public bool IsSame(Origin other) =>
        Address == other.Address && EntityTag == other.EntityTag && LastModified == other.LastModified && Length == other.Length && Sha256 == other.Sha256;

    /// <summary>What is known of a file; <see langword="null"/> where nothing is.</summary>
    public static Origin? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Origin>(File.ReadAllBytes(path + Ending));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(string path) => File.WriteAllBytes(path + Ending, JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Removes a file and what is known of it.</summary>
    public static void Discard(string path)
    {
        File.Delete(path);
        File.Delete(path + Ending);
    }
}
