using HybridGen.Tokens;
using HybridGen.Words;
using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>
/// The mini refiner as a plain denoiser: visible tokens bring the letters of the words that they make, masked ones are hidden drafts of one slot.
/// </summary>
/// <param name="network">The network; it stays its owner's.</param>
/// <param name="forms">What it makes of words' letters; it stays its owner's.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="frequency">How common a word is, 0 to 15.</param>
internal sealed class MiniTokens(MiniDenoiser network, FormVectors forms, ITokenizer tokenizer, Func<string, int> frequency) : IDenoiser
{
    private const int LastPlace = 7;
    private const int HiddenPlaces = 8;

    public DenoiserDescriptor Descriptor { get; } = new()
    {
        Family = MiniConfig.ModelType,
        MaskId = network.Config.Mask,
        EosId = network.Config.Eos,
        SepId = network.Config.Eos,
        PadId = network.Config.Pad,
        VocabularySize = network.Config.VocabularySize,
        IdsWithoutText = [network.Config.Mask, network.Config.Pad, network.Config.Blank],
        MaxPositions = network.Config.MaxPositions,
        ScoresVisibleTokens = true,
        SeesByMask = false,
    };

    public Device Device => network.Device;

    public Tensor Hidden(DenoiserInput input)
    {
        using var scope = NewDisposeScope();
        forms.MakeRoom();
        var (rows, width) = ((int)input.Ids.shape[0], (int)input.Ids.shape[1]);
        var ids = input.Ids.cpu().data<long>().ToArray();
        var lengths = Lengths(input, rows, width);
        var (formRows, places, frequencies) = (new long[ids.Length], new long[ids.Length], new long[ids.Length]);
        Array.Fill(places, HiddenPlaces);
        for (var row = 0; row < rows; row++) Write(ids, row * width, lengths[row], formRows, places, frequencies);
        forms.Compute();
        var words = forms.Words.index_select(0, Placed(formRows));
        return network.Hidden(Placed(ids), words, Placed(places), Placed(frequencies), lengths).view(rows, width, -1).MoveToOuterDisposeScope();

        Tensor Placed(long[] values) => tensor(values, device: network.Device);
    }

    public Tensor Logits(Tensor hidden) => network.Logits(hidden);

    public void Dispose() { }

    private static int[] Lengths(DenoiserInput input, int rows, int width)
    {
        if (input.Attention is not { } attention) return [.. Enumerable.Repeat(width, rows)];
        if (attention.dim() != 2) throw new RefiningException("The mini refiner cannot see by a mask of queries and keys.");
        return [.. attention.sum(-1).cpu().data<long>().ToArray().Select(length => (int)length)];
    }

    /// <summary>Describes the words that a row's visible tokens make.</summary>
    private void Write(long[] ids, int start, int length, long[] rows, long[] places, long[] frequencies)
    {
        for (var at = 0; at < length;)
        {
            var end = at;
            while (end < length && IsText(ids[start + end])) end++;
            if (end > at) WriteRun(ids, start + at, end - at, rows, places, frequencies);
            at = end + 1;
        }
    }

    private bool IsText(long id) => id != network.Config.Mask && id != network.Config.Eos && id != network.Config.Pad && id != network.Config.Blank;

    private void WriteRun(long[] ids, int start, int count, long[] rows, long[] places, long[] frequencies)
    {
        var texts = Enumerable.Range(start, count).Select(at => tokenizer.Decode([(int)ids[at]])).ToArray();
        var words = WordSplitter.Split(string.Concat(texts));
        var (word, place, offset) = (0, 0, 0);
        for (var i = 0; i < count; i++)
        {
            while (word + 1 < words.Count && words[word + 1].Span.End - words[word + 1].Text.Length <= offset) (word, place) = (word + 1, 0);
            rows[start + i] = words.Count == 0 ? FormVectors.Hidden : forms.Row(words[word].Body);
            places[start + i] = Math.Min(place++, LastPlace);
            frequencies[start + i] = words.Count == 0 ? 0 : 1 + frequency(words[word].Body);
            offset += texts[i].Length;
        }
    }
}
