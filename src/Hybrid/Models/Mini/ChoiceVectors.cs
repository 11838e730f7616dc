using HybridGen.Candidates;
using HybridGen.Canvases;
using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>
/// What the pointer knows of a form in a draft's place, kept for the next time that the same form is offered for the same draft: most words
/// of a text are common ones.
/// </summary>
internal sealed class ChoiceVectors(MiniDenoiser denoiser, FormVectors forms) : VectorTable<Choice>(MostKept, null, denoiser.Device, denoiser.Config.PointerSize, 1)
{
    private const int MostKept = 65_536;
    private const int FeatureCount = 6;

    /// <summary>Keys with features, (rows, P).</summary>
    public Tensor Keys => Column(0);

    /// <summary>Biases, (rows, 1).</summary>
    public Tensor Biases => Column(1);

    protected override int AtOnce => 1_024;

    protected override Tensor[] Compute(IReadOnlyList<Choice> keys)
    {
        var formRows = keys.Select(choice => (long)forms.Row(choice.Candidate.Form)).ToArray();
        forms.Compute();
        var features = tensor(keys.SelectMany(choice => choice.Features()).ToArray(), [keys.Count, FeatureCount], device: denoiser.Device);
        var operations = tensor(keys.SelectMany(choice => choice.Candidate.Operations).Select(operation => (long)operation).ToArray(), [keys.Count, EditOperations.Slots], device: denoiser.Device);
        var (described, biases) = denoiser.DescribeCandidates(forms.Keys.index_select(0, tensor(formRows, device: denoiser.Device)), features, operations);
        return [described, biases.unsqueeze(-1)];
    }
}

/// <summary>A form in a draft's place; equal to another with the same letters, rank and counts, for all else follows from them.</summary>
/// <param name="Draft">The word as it was written.</param>
/// <param name="Form">What may replace it, or the draft itself.</param>
/// <param name="Rank">Its place among the word's forms; 0 is the draft.</param>
internal readonly record struct Choice(CanvasForm Draft, CanvasForm Form, int Rank)
{
    public Candidate Candidate => Form.Candidate;

    /// <summary>Frequency, distance, kind, rank, count in the document, draft.</summary>
    public long[] Features() =>
    [
        Candidate.Frequency,
        Math.Min(Candidate.Distance, 4),
        (int)Candidate.Kind,
        Rank,
        Form.DocumentBucket,
        Draft.Candidate.Frequency + 16 * Draft.DocumentBucket,
    ];

    public bool Equals(Choice other) =>
        (Rank, Candidate.Kind, Form.DocumentBucket, Draft.DocumentBucket) == (other.Rank, other.Candidate.Kind, other.Form.DocumentBucket, other.Draft.DocumentBucket)
        && Candidate.Form == other.Candidate.Form && Draft.Candidate.Form == other.Draft.Candidate.Form;

    public override int GetHashCode() => HashCode.Combine(Candidate.Form, Draft.Candidate.Form, Rank, Candidate.Kind, Form.DocumentBucket, Draft.DocumentBucket);
}
