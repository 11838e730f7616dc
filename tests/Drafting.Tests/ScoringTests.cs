namespace HybridGen.Drafting.Tests;

/// <summary>What a drafter thinks of given texts, with the shipped mini drafter.</summary>
public sealed class ScoringTests : IAsyncLifetime
{
    private LlamaDrafter _drafter = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Fact]
    public Task Score_OfADraft_IsWhatTheDraftReported() => ScoringLaws.ScoreIsWhatADraftReports(_drafter);

    [Fact]
    public Task Compare_ManyTexts_GivesWhatEachAloneGives() => ScoringLaws.AVariantDoesNotDependOnItsBatchMates(_drafter);

    [Fact]
    public Task Compare_Variant_IsTheDifferenceOfWholeTexts() => ScoringLaws.AVariantIsTheDifferenceOfWholeTexts(_drafter);
}
