using System.Text.Json;

namespace HybridGen.Verifying;

/// <summary>A reference sampler's run, as a checkpoint folder's <c>traces.json</c> records it.</summary>
internal sealed class Trace
{
    private readonly JsonElement _json;

    private Trace(JsonElement json)
    {
        _json = json;
        Canvases = Has("canvases") ? [.. json.GetProperty("canvases").EnumerateArray().Select(Rows)] : [];
    }

    public string Name => _json.GetProperty("name").GetString()!;

    /// <summary>The reference sampler; null where the trace is of no sampler of this kind.</summary>
    public string? Sampler => Text("sampler");

    public string? Algorithm => Text("algorithm");

    public string? Scheduler => Text("scheduler");

    public int[][] Prompts => Rows("prompts") ?? [];

    /// <summary>1 where a prompt's token is no padding.</summary>
    public int[][]? AttentionMask => Rows("attention_mask");

    public int[][] Start => Rows("start")!;

    /// <summary>The canvases after each step.</summary>
    public int[][][] Canvases { get; }

    /// <summary>The draws of each step, row by row.</summary>
    public double[][]? Uniforms => Has("uniforms") ? [.. _json.GetProperty("uniforms").EnumerateArray().Select(step => Flat(step).ToArray())] : null;

    public bool ShiftsLogits => (Has("right_shift") && _json.GetProperty("right_shift").GetBoolean()) || (Has("right_shift_logits") && _json.GetProperty("right_shift_logits").GetBoolean());

    /// <summary>The traces of a file.</summary>
    public static IReadOnlyList<Trace> Read(JsonElement root) => [.. root.GetProperty("traces").EnumerateArray().Select(trace => new Trace(trace))];

    public int Int(string name) => _json.GetProperty(name).GetInt32();

    public int? IntOrNull(string name) => Has(name) ? Int(name) : null;

    public double? Number(string name) => Has(name) ? _json.GetProperty(name).GetDouble() : null;

    public int[] Ints(string name) => Has(name) ? Row(_json.GetProperty(name)) : [];

    private string? Text(string name) => Has(name) ? _json.GetProperty(name).GetString() : null;

    private int[][]? Rows(string name) => Has(name) ? Rows(_json.GetProperty(name)) : null;

    private bool Has(string name) => _json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static int[][] Rows(JsonElement rows) => [.. rows.EnumerateArray().Select(Row)];

    private static int[] Row(JsonElement row) => [.. row.EnumerateArray().Select(id => id.GetInt32())];

    private static IEnumerable<double> Flat(JsonElement numbers) =>
        numbers.ValueKind == JsonValueKind.Array ? numbers.EnumerateArray().SelectMany(Flat) : [numbers.GetDouble()];
}
