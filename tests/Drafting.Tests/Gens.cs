using CsCheck;

namespace HybridGen.Drafting.Tests;

/// <summary>Generators that several tests share.</summary>
internal static class Gens
{
    /// <summary>One of some values.</summary>
    public static Gen<T> Choose<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(place => values[place]);
}
