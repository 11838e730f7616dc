namespace HybridGen.Bench;

/// <summary>One greedy draft as measured from outside; the Node script prints the same fields.</summary>
/// <param name="Tokens">Tokens drafted.</param>
/// <param name="LoadSeconds">Time to load the model.</param>
/// <param name="PromptSeconds">From the call to the first token.</param>
/// <param name="TokensPerSecond">Rate of the tokens after the first.</param>
/// <param name="PeakMebibytes">Largest resident memory of the process while it drafted.</param>
/// <param name="Text">The draft.</param>
/// <param name="ReviseOverDraft">Time of the revision over time of the draft; only where one was asked for.</param>
internal sealed record DraftMeasure(
    int Tokens,
    double LoadSeconds,
    double PromptSeconds,
    double TokensPerSecond,
    double PeakMebibytes,
    string Text,
    double? ReviseOverDraft = null);
