using System.Text.Json;
using System.Text.Json.Serialization;

namespace HybridGen.Drafting;

/// <summary>What is written and read as JSON, known when it is compiled, so that programs can be trimmed and compiled ahead of time.</summary>
[JsonSerializable(typeof(Dictionary<string, object?>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(SessionState.Header))]
internal sealed partial class DraftingJson : JsonSerializerContext;
