using HybridGen.Models;

namespace HybridGen.Denoising;

/// <summary>Follows a caller's answer to a step.</summary>
internal static class StepAnswer
{
    public static void Follow(StepResponse response, DenoisingCanvas canvas, int step, DenoiserDescriptor descriptor, int maxRemasks)
    {
        foreach (var position in response.Reject) Reject(canvas, Checked(position, canvas), descriptor.MaskId, maxRemasks);
        foreach (var (position, id) in response.Replace)
        {
            if (id < 0 || id >= descriptor.VocabularySize || id == descriptor.MaskId)
                throw new ArgumentException($"The answer to step {step} writes token {id} at position {position}; this model's tokens are 0 to {descriptor.VocabularySize - 1}, without the mask.");
            canvas.Write(Checked(position, canvas), id, new TokenSource(TokenSourceKind.Caller, step, 1));
        }
    }

    private static void Reject(DenoisingCanvas canvas, int position, int maskId, int maxRemasks)
    {
        if (canvas.Ids[position] == maskId) return;
        canvas.Forbid(position, canvas.Ids[position]);
        canvas.Remask(position);
        if (canvas.Remasks(position) > maxRemasks) canvas.Close(position);
    }

    private static int Checked(int position, DenoisingCanvas canvas) => position >= 0 && position < canvas.ShownLength && !canvas.IsGiven(position)
        ? position
        : throw new ArgumentException($"An answer to a step names position {position}, which is given or lies outside of the text; only places that the model writes can be changed.");
}
