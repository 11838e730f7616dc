using System.Numerics.Tensors;

namespace HybridGen.Drafting;

/// <summary>The raw distribution at one position: what the model thinks before temperature and filters.</summary>
internal sealed class TokenStatistics(int vocabularySize)
{
    private readonly float[] _logits = new float[vocabularySize];
    private readonly float[] _shifted = new float[vocabularySize];
    private readonly float[] _exponentials = new float[vocabularySize];
    private float _logNormaliser;

    /// <summary>Entropy in nats.</summary>
    public float Entropy { get; private set; }

    /// <summary>Id of the most probable token; the lowest where several are equal.</summary>
    public int Best { get; private set; }

    /// <summary>Takes in the logits of a position.</summary>
    public void Read(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_logits);
        Best = TensorPrimitives.IndexOfMax(logits);
        TensorPrimitives.Subtract(logits, logits[Best], _shifted);
        // exp(-inf) * -inf would be NaN; a finite floor changes no sum.
        TensorPrimitives.Max(_shifted, -1e4f, _shifted);
        TensorPrimitives.Exp(_shifted, _exponentials);
        var sum = TensorPrimitives.Sum(_exponentials);
        Entropy = Math.Max(0, MathF.Log(sum) - TensorPrimitives.Dot(_exponentials, _shifted) / sum);
        _logNormaliser = logits[Best] + MathF.Log(sum);
    }

    /// <summary>Natural log-probability of a token.</summary>
    public float LogProbability(int id) => _logits[id] - _logNormaliser;

    /// <summary>The most probable tokens, best first; equal ones by id.</summary>
    public List<(int Id, float LogProbability)> Top(int count)
    {
        var top = new List<(int Id, float Logit)>(count + 1);
        var least = float.NegativeInfinity;
        for (var id = 0; count > 0 && id < _logits.Length; id++)
        {
            if (_logits[id] <= least && top.Count == count) continue;
            var place = top.FindIndex(other => other.Logit < _logits[id]);
            top.Insert(place < 0 ? top.Count : place, (id, _logits[id]));
            if (top.Count > count) top.RemoveAt(count);
            least = top[^1].Logit;
        }

        return top.ConvertAll(token => (token.Id, token.Logit - _logNormaliser));
    }
}
