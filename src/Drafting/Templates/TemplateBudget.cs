namespace HybridGen.Drafting;

/// <summary>What one rendering may take, so that no template runs without end or fills the memory.</summary>
internal sealed class TemplateBudget
{
    /// <summary>The longest text that a template may make.</summary>
    public const int LongestText = 16_000_000;

    private const long Most = 20_000_000;

    private long _left = Most;

    /// <summary>Pays for some work.</summary>
    /// <exception cref="ChatTemplateException">Too much was done.</exception>
    public void Spend(long steps = 1)
    {
        if ((_left -= steps) < 0) throw new ChatTemplateException($"the template takes more than {Most / 1_000_000} million steps; it loops without end, or is not made for a conversation of this length.");
    }

    /// <summary>Pays for characters that are added to a text.</summary>
    public void Write(long length, int added)
    {
        Check(length);
        Spend((added / 8) + 1);
    }

    /// <summary>Refuses a text, or list, that would be too long before it is made.</summary>
    public static void Check(long length)
    {
        if (length > LongestText) throw new ChatTemplateException($"the template makes a text of more than {LongestText / 1_000_000} million characters.");
    }
}
