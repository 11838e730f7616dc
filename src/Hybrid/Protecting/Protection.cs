using System.Text.RegularExpressions;

namespace HybridGen.Protecting;

/// <summary>What of a text must not change: hard constraints, not hints.</summary>
/// <remarks>Code that the text marks as such, addresses, paths, tags and identifiers are always protected.</remarks>
public sealed record Protection
{
    /// <summary>Expressions; every word that touches a match stays as it is. An expression that takes longer than a second on a text is refused.</summary>
    public IReadOnlyList<Regex> Patterns
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Patterns));
    } = [];

    /// <summary>Names and terms that stay as they are wherever they stand as whole words, and whose case counts.</summary>
    public IReadOnlyList<string> Glossary
    {
        get;
        init => field = value is null ? throw new ArgumentNullException(nameof(Glossary))
            : value.Any(string.IsNullOrWhiteSpace) ? throw new ArgumentException("A term of the glossary is empty.", nameof(Glossary)) : value;
    } = [];

    /// <summary>Whether words in quotation marks stay as they are.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Quotations { get; init; }

    /// <summary>Whether numbers stay as they are.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool Numbers { get; init; } = true;
}
