using System.Globalization;
using System.Text.Json;

namespace HybridGen.Checkpoints;

/// <summary>A checkpoint's <c>config.json</c>: values are checked as they are read, so that an error names the key.</summary>
/// <remarks>A dot in a name leads into an object: <c>rope_parameters.rope_theta</c>. A value that is null counts as absent.</remarks>
internal sealed class CheckpointConfig
{
    private const int LargestSize = 1 << 28;

    private readonly JsonElement _root;

    private CheckpointConfig(string path, JsonElement root) => (Path, _root) = (path, root);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The folder that holds it.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary><c>model_type</c>; empty where there is none.</summary>
    public string Family => Text("model_type") ?? "";

    /// <summary><c>architectures</c>; empty where there are none.</summary>
    public IReadOnlyList<string> Architectures => Texts("architectures");

    /// <exception cref="CheckpointFormatException">There is no such folder, or it has no such file, or that is no JSON object.</exception>
    public static CheckpointConfig Read(string folder)
    {
        var path = System.IO.Path.Combine(folder, "config.json");
        if (!Directory.Exists(folder))
            throw new CheckpointFormatException($"'{folder}' is not a folder: a refiner is a folder with config.json, safetensors and tokenizer.json.");
        return new CheckpointConfig(path, CheckpointText.ReadJson(path));
    }

    public bool Has(string name) => Find(name) is not null;

    /// <summary>A size or count, 1 or more.</summary>
    public int Size(string name, int? otherwise = null) =>
        Find(name) is not { } value ? otherwise ?? throw Missing(name) : Whole(name, value, 1);

    /// <summary>A token's id; null where the key is absent.</summary>
    public int? Id(string name) => Ids(name) is [var id, ..] ? id : null;

    /// <summary>Ids of tokens: the file has one, a list, or none.</summary>
    public IReadOnlyList<int> Ids(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(value => Whole(name, value, 0))],
        { } value => [Whole(name, value, 0)],
    };

    /// <summary>A number above 0.</summary>
    public double Positive(string name, double? otherwise = null)
    {
        if (Find(name) is not { } value) return otherwise ?? throw Missing(name);
        return value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and < double.PositiveInfinity and var number
            ? number
            : throw Wrong(name, value, "must be a number above 0");
    }

    /// <summary>Whether a number is there and 0.</summary>
    public bool IsZero(string name) => Find(name) is { ValueKind: JsonValueKind.Number } value && value.GetDouble() == 0;

    public bool Flag(string name, bool otherwise = false) => Find(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Wrong(name, value, "must be true or false"),
    };

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Wrong(name, value, "must be a string"),
    };

    public IReadOnlyList<string> Texts(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => [.. list.EnumerateArray().Select(item => item.GetString()!)],
        { } value => throw Wrong(name, value, "must be a list of strings"),
    };

    /// <summary>Refuses a switch that this version does not know.</summary>
    public void RequireOff(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (Flag(name)) throw new CheckpointFormatException($"'{Path}': {name} is true; of {Family} this version reads only checkpoints where it is false.");
    }

    /// <summary>The base of the rotary positions; scaled ones are refused.</summary>
    public double RopeTheta()
    {
        foreach (var name in new[] { "rope_scaling.rope_type", "rope_scaling.type", "rope_parameters.rope_type" })
            if (Text(name) is { } type && type != "default")
                throw new CheckpointFormatException($"'{Path}': {name} is '{type}'; this version reads only unscaled rotary positions ('default').");
        return Has("rope_theta") ? Positive("rope_theta") : Positive("rope_parameters.rope_theta");
    }

    /// <summary>The error that a value is not what it must be.</summary>
    public CheckpointFormatException Wrong(string name, object value, string what) => new($"'{Path}': {name} is {value}; it {what}.");

    private CheckpointFormatException Missing(string name) => new($"'{Path}' has no {name}; {(Family.Length > 0 ? Family : "a checkpoint")} needs it.");

    private int Whole(string name, JsonElement value, int least) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= LargestSize
            ? number
            : throw Wrong(name, value, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {LargestSize}"));

    private JsonElement? Find(string name)
    {
        var found = _root;
        foreach (var part in name.Split('.'))
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(part, out found)) return null;
        return found.ValueKind == JsonValueKind.Null ? null : found;
    }
}
