using System.Text.Json;

namespace HybridGen.Checkpoints;

/// <summary>Reads the text files of a checkpoint's folder.</summary>
internal static class CheckpointText
{
    /// <summary>The lines of a file that is small enough to hold.</summary>
    /// <exception cref="CheckpointFormatException">The file is missing or cannot be read.</exception>
    public static string[] ReadLines(string path) => Read(path, File.ReadAllLines);

    /// <summary>The whole of a file that is small enough to hold.</summary>
    /// <exception cref="CheckpointFormatException">The file is missing or cannot be read.</exception>
    public static string ReadAll(string path) => Read(path, File.ReadAllText);

    /// <summary>The root of a JSON file, an object.</summary>
    /// <exception cref="CheckpointFormatException">The file is missing, cannot be read or is no JSON object.</exception>
    public static JsonElement ReadJson(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(ReadAll(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CheckpointFormatException($"'{path}' is no JSON object.");
        }
        catch (JsonException failure)
        {
            throw new CheckpointFormatException($"'{path}' is no JSON: {failure.Message}", failure);
        }
    }

    private static T Read<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointFormatException($"'{path}' does not exist; a checkpoint needs it.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointFormatException($"'{path}' cannot be read: {failure.Message}", failure);
        }
    }
}
