using HybridGen.Checkpoints;
using HybridGen.Models;

namespace HybridGen.Verifying;

/// <summary>Cases of one kind, recorded in one file of a checkpoint's folder.</summary>
internal interface ICaseKind
{
    /// <summary>The file's name; without it a checkpoint has no cases of this kind.</summary>
    string File { get; }

    /// <summary>Runs the cases one by one as they are asked for; no tensor lives from one to the next.</summary>
    /// <exception cref="CheckpointFormatException">The file is malformed.</exception>
    IEnumerable<VerifiedCase> Run(string folder, IDenoiser denoiser, VerifyOptions options);
}
