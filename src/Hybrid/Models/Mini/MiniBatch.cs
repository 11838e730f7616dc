using HybridGen.Canvases;
using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>Canvases one after the other, as the tensors that the network reads.</summary>
internal sealed class MiniBatch
{
    private const int LastPlace = 7;
    private const int HiddenPlaces = 8;

    private readonly MiniConfig _config;
    private readonly FormVectors _forms;
    private readonly long[] _ids;
    private readonly long[] _rows;
    private readonly long[] _places;
    private readonly long[] _frequencies;

    public MiniBatch(IReadOnlyList<Canvas> canvases, MiniConfig config, FormVectors forms)
    {
        (_config, _forms) = (config, forms);
        Canvases = canvases;
        Lengths = [.. canvases.Select(canvas => canvas.Length)];
        var size = Lengths.Sum();
        (_ids, _rows, _places, _frequencies) = (new long[size], new long[size], new long[size], new long[size]);
        var slot = 0;
        foreach (var canvas in canvases) slot = Write(canvas, slot);
    }

    public IReadOnlyList<Canvas> Canvases { get; }

    public int[] Lengths { get; }

    /// <summary>Runs the network: hidden states (T, D).</summary>
    public Tensor Hidden(MiniDenoiser denoiser)
    {
        using var scope = NewDisposeScope();
        _forms.Compute();
        var words = _forms.Words.index_select(0, Placed(_rows));
        return denoiser.Hidden(Placed(_ids), words, Placed(_places), Placed(_frequencies), Lengths).MoveToOuterDisposeScope();

        Tensor Placed(long[] values) => tensor(values, device: denoiser.Device);
    }

    /// <summary>Every word with its first slot in the batch.</summary>
    public IEnumerable<(CanvasWord Word, int Canvas, int Index, int Slot)> Words()
    {
        var slot = 0;
        for (var canvas = 0; canvas < Canvases.Count; canvas++)
        {
            for (var i = 0; i < Canvases[canvas].Words.Count; i++)
            {
                var word = Canvases[canvas].Words[i];
                yield return (word, canvas, i, slot);
                slot += word.Slots;
            }

            slot++; // The end of text.
        }
    }

    /// <summary>Writes a canvas from a slot on; returns the slot after it.</summary>
    private int Write(Canvas canvas, int slot)
    {
        foreach (var word in canvas.Words)
        {
            var row = _forms.Row(word.Word.Body);
            for (var place = 0; place < word.Slots; place++, slot++)
            {
                _ids[slot] = TokenAt(word.Draft, place);
                _rows[slot] = row;
                _places[slot] = Math.Min(place, LastPlace);
                _frequencies[slot] = 1 + word.Draft.Candidate.Frequency;
            }
        }

        _ids[slot] = _config.Eos;
        _places[slot] = HiddenPlaces;
        return slot + 1;
    }

    /// <summary>A form's token at a place of its word: blank beyond its own.</summary>
    public int TokenAt(CanvasForm form, int place) => place < form.Tokens.Length ? form.Tokens[place] : _config.Blank;
}
