using System.Globalization;
using System.Text.Json.Serialization;

namespace HybridGen.Plugin.Functions;

/// <summary>A word of a text that may be wrong.</summary>
/// <param name="Position">Where it is in the text, a UTF-16 index.</param>
/// <param name="Word">The word.</param>
/// <param name="Suspicion">By how much the refiner's best text in its place is more probable, in nats; 0 is no doubt.</param>
/// <param name="Better">That text.</param>
public sealed record DoubtfulWord(
    [property: JsonPropertyName("position")] int Position,
    [property: JsonPropertyName("word")] string Word,
    [property: JsonPropertyName("suspicion")] double Suspicion,
    [property: JsonPropertyName("better")] string Better)
{
    /// <summary>A line for people and prompts.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Position}: {Word}, perhaps {Better}");
}
