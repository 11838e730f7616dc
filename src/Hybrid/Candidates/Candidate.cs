using HybridGen.Editing;

namespace HybridGen.Candidates;

/// <summary>Where a candidate came from; the numbers are the model's.</summary>
internal enum CandidateKind
{
    Draft = 0,
    Lexicon = 1,
    Confusion = 2,
    Document = 3,
    Case = 4,
    Split = 5,
}

/// <summary>A form that could stand in a word's place.</summary>
/// <param name="Form">The form, without a leading space.</param>
/// <param name="Kind">Where it came from.</param>
/// <param name="Frequency">How common it is, 0 to 15.</param>
/// <param name="Distance">Edit distance from the draft, both in lower case.</param>
/// <param name="Operations">The edit from the draft, hashed.</param>
internal sealed record Candidate(string Form, CandidateKind Kind, int Frequency, int Distance, int[] Operations)
{
    public EditKind EditKind => Kind switch
    {
        CandidateKind.Confusion => EditKind.Confusion,
        CandidateKind.Document => EditKind.Consistency,
        CandidateKind.Case => EditKind.Case,
        CandidateKind.Split => EditKind.Split,
        _ => EditKind.Spelling,
    };
}
