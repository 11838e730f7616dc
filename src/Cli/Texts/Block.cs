namespace HybridGen.Cli.Texts;

/// <summary>A part of a text.</summary>
/// <param name="Text">The part.</param>
/// <param name="IsCode">Whether it is the middle of fenced code, which nobody may change.</param>
internal readonly record struct Block(string Text, bool IsCode);
