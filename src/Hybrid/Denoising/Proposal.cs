namespace HybridGen.Denoising;

/// <summary>What a denoiser would write at a masked place.</summary>
/// <param name="Canvas">Which of the canvases.</param>
/// <param name="Position">The place.</param>
/// <param name="Id">The proposed token; -1 where nothing may stand.</param>
/// <param name="Probability">What the model gives it.</param>
/// <param name="Rating">By what proposals are ordered; higher is surer.</param>
/// <param name="Entropy">Of the place's distribution, in nats; 0 where it was not asked for.</param>
internal readonly record struct Proposal(int Canvas, int Position, int Id, double Probability, double Rating, double Entropy);
