using System.Text.Json;
using HybridGen.Candidates;

namespace HybridGen.Hybrid.Tests.Candidates;

public class CandidateSourceTests
{
    [Fact]
    public void EveryListedBodyHasTheListedCandidatesInOrder()
    {
        var source = CandidateSource.Read(Repository.MiniModel);
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Fixture("candidates.json")));
        var cases = document.RootElement.EnumerateArray().ToList();
        Assert.Equal(3000, cases.Count);
        foreach (var item in cases)
        {
            var body = item.GetProperty("body").GetString()!;
            var expected = item.GetProperty("candidates").EnumerateArray().Select(pair => $"{pair[0].GetString()}/{pair[1].GetInt32()}");
            var found = source.WithoutDocument(body).Select(candidate => $"{candidate.Form}/{(int)candidate.Kind}");
            Assert.Equal($"{body}: {string.Join(", ", expected)}", $"{body}: {string.Join(", ", found)}");
        }
    }
}
