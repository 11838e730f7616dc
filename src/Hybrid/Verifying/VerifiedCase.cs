namespace HybridGen.Verifying;

/// <summary>How the engine did on one case of what a checkpoint is expected to compute.</summary>
/// <param name="Kind">What the case is of: <c>logits</c> for those of <c>expected.safetensors</c>, <c>trace</c> for those of <c>traces.json</c>, <c>tokenizer</c> for those of <c>tokenizer_cases.json</c>.</param>
/// <param name="Name">The case's name in its file.</param>
/// <param name="Passed">Whether the engine computes what is expected.</param>
/// <param name="Difference">The largest absolute difference, where numbers are compared; NaN where one of them is.</param>
/// <param name="Detail">What was compared, in a few words; where it failed, what differs.</param>
public sealed record VerifiedCase(string Kind, string Name, bool Passed, double? Difference, string Detail);
