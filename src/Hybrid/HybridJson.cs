using System.Text.Json.Serialization;
using HybridGen.Models.Mini;
using HybridGen.Telemetry;

namespace HybridGen;

/// <summary>What is written and read as JSON, known when it is compiled, so that programs can be trimmed and compiled ahead of time.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(MiniConfig))]
[JsonSerializable(typeof(IEnumerable<MessageText.Message>))]
internal sealed partial class HybridJson : JsonSerializerContext;
