using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CsCheck;
using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests.Pipelines;

public class StreamReviserTests(MiniEngine mini)
{
    private const string Text = "Mr. Holloway recieved a letter. He was glad.\n```\nteh = recieved(1)\n```\nThe old man beleived it at once, and then he wrote teh answer. That was all";
    private const string Revised = "Mr. Holloway received a letter. He was glad.\n```\nteh = recieved(1)\n```\nThe old man believed it at once, and then he wrote the answer. That was all";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static StreamReviserOptions Options => new() { Revise = new() { Policies = [new EditPolicy.Spelling { Judge = null }] }, BlockLength = 20, MaxDelay = Timeout.InfiniteTimeSpan };

    /// <summary>However a text comes in, the blocks are its revision and the edits lead from the one to the other.</summary>
    [Fact]
    public void AnyPieces_BlocksAreTheRevisedText() => Gen.Int[1, 40].Array[1, 30].Sample(
        lengths =>
        {
            var blocks = new StreamReviser(mini.Engine, Options).ReviseAsync(Pieces(Text, lengths), Token).ToListAsync(Token).AsTask().GetAwaiter().GetResult();
            Assert.Equal(Revised, string.Concat(blocks.Select(block => block.Text)));
            Assert.Equal(Revised, Revision.Apply(Text, blocks.SelectMany(block => block.Edits)));
        },
        iter: 40, threads: 1);

    [Fact]
    public async Task ASentence_ComesOutBeforeTheNextIsThere()
    {
        var pieces = Channel.CreateUnbounded<string>();
        await using var blocks = new StreamReviser(mini.Engine, Options).ReviseAsync(pieces.Reader.ReadAllAsync(Token), Token).GetAsyncEnumerator(Token);
        pieces.Writer.TryWrite("He recieved a letter. He w");
        Assert.True(await blocks.MoveNextAsync());
        Assert.Equal("He received a letter.", blocks.Current.Text);
        pieces.Writer.TryWrite("as glad");
        pieces.Writer.Complete();
        Assert.True(await blocks.MoveNextAsync());
        Assert.Equal(" He was glad", blocks.Current.Text);
        Assert.False(await blocks.MoveNextAsync());
    }

    [Fact]
    public async Task ASentenceThatDoesNotEnd_ComesOutAfterTheDelay()
    {
        var pieces = Channel.CreateUnbounded<string>();
        var options = Options with { MaxDelay = TimeSpan.FromMilliseconds(50) };
        await using var blocks = new StreamReviser(mini.Engine, options).ReviseAsync(pieces.Reader.ReadAllAsync(Token), Token).GetAsyncEnumerator(Token);
        pieces.Writer.TryWrite("He recieved a lett");
        Assert.True(await blocks.MoveNextAsync());
        Assert.Equal("He received a", blocks.Current.Text);
    }

    [Fact]
    public async Task ATextWithoutSentences_ComesOutAtTheMostThatABlockHolds()
    {
        var blocks = await new StreamReviser(mini.Engine, Options with { MaxBlockLength = 40 }).ReviseAsync(Pieces(string.Concat(Enumerable.Repeat("one of teh words ", 20)), [9]), Token).ToListAsync(Token);
        Assert.All(blocks, block => Assert.InRange(block.Text.Length, 1, 50));
        Assert.True(blocks.Count > 5);
    }

    /// <summary>What is no text keeps its place, and nothing behind it is read with what stands before.</summary>
    [Fact]
    public async Task AnItemWithoutText_IsPassedOnInItsPlace()
    {
        string?[] items = ["He recieved", " a letter", null, "teh end"];
        var out_ = await new StreamReviser(mini.Engine, Options).ReviseAsync(items.ToAsyncEnumerable(), item => item, (_, block) => block.Text, Token).ToListAsync(Token);
        Assert.Equal(["He received a letter", null, "the end"], out_);
    }

    [Fact]
    public async Task ANameOfAnEarlierBlock_IsKnown()
    {
        var text = string.Concat(Enumerable.Repeat("Whitcombe came home to the lighthouse. ", 8)) + "Then Whitcmobe slept. ";
        var blocks = await new StreamReviser(mini.Engine, Options).ReviseAsync(Pieces(text, [30]), Token).ToListAsync(Token);
        Assert.DoesNotContain("Whitcmobe", string.Concat(blocks.Select(block => block.Text)), StringComparison.Ordinal);
        var forgetful = await new StreamReviser(mini.Engine, Options with { ContextLength = 0 }).ReviseAsync(Pieces(text, [30]), Token).ToListAsync(Token);
        Assert.Contains("Whitcmobe", string.Concat(forgetful.Select(block => block.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReaderThatTurnsAway_StopsTheSource()
    {
        var stopped = new TaskCompletionSource();
        await foreach (var _ in new StreamReviser(mini.Engine, Options).ReviseAsync(Endless(stopped, Token), Token)) break;
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    private static async IAsyncEnumerable<string> Endless(TaskCompletionSource stopped, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return "He recieved a letter. And";
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            stopped.SetResult();
        }
    }

    private static async IAsyncEnumerable<string> Pieces(string text, int[] lengths)
    {
        for (var (start, i) = (0, 0); start < text.Length; i++)
        {
            var length = Math.Min(lengths[i % lengths.Length], text.Length - start);
            yield return text.Substring(start, length);
            start += length;
            await Task.Yield();
        }
    }
}
