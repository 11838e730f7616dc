using System.Runtime.CompilerServices;

namespace HybridGen.Drafting;

/// <summary>What a property may be set to.</summary>
internal static class Bounds
{
    /// <summary>The value, or an exception that names the property and its range.</summary>
    public static T Check<T>(T value, bool valid, string range, [CallerMemberName] string name = "") =>
        valid ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}.");
}
