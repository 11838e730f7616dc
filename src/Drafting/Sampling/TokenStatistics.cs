using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HybridGen.Drafting;

/// <summary>The raw distribution at one position: what the model thinks before temperature and filters.</summary>
/// <remarks>
/// Three passes over the vocabulary at every token. They are compiled with all optimisations at once: unoptimised, as a runtime first compiles,
/// they would cost as much as a third of a small model's decode for the first hundred tokens.
/// </remarks>
internal sealed class TokenStatistics(int vocabularySize)
{
    // exp(-inf) * -inf would be NaN; a finite floor changes no sum.
    private const float Floor = -1e4f;

    private readonly float[] _logits = new float[vocabularySize];
    private float _logNormaliser;

    /// <summary>Entropy in nats.</summary>
    public float Entropy { get; private set; }

    /// <summary>Id of the most probable token; the lowest where several are equal.</summary>
    public int Best { get; private set; }

    /// <summary>Takes in the logits of a position.</summary>
    /// <exception cref="DraftingException">One of them is not a number, or all are impossible.</exception>
    public void Read(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_logits);
        Best = _logits.IndexOf(Greatest(_logits));
        if (!float.IsFinite(_logits[Best])) throw new DraftingException("The model computed logits that are not numbers; its file is damaged, or its weights overflow in this precision.");
        var (sum, weighted) = Moments(_logits, _logits[Best]);
        Entropy = (float)Math.Max(0, Math.Log(sum) - weighted / sum);
        _logNormaliser = (float)(_logits[Best] + Math.Log(sum));
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
            if (top.Count == count && (id = NextAbove(_logits, id, least)) == _logits.Length) break;
            var place = top.FindIndex(other => other.Logit < _logits[id]);
            top.Insert(place < 0 ? top.Count : place, (id, _logits[id]));
            if (top.Count > count) top.RemoveAt(count);
            least = top[^1].Logit;
        }

        return top.ConvertAll(token => (token.Id, token.Logit - _logNormaliser));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Greatest(ReadOnlySpan<float> logits)
    {
        var lanes = new Vector<float>(float.NegativeInfinity);
        foreach (var part in MemoryMarshal.Cast<float, Vector<float>>(logits)) lanes = Vector.Max(lanes, part);
        var greatest = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++) greatest = Math.Max(greatest, lanes[lane]);
        foreach (var logit in Rest(logits)) greatest = Math.Max(greatest, logit);
        return greatest;
    }

    /// <summary>The sums of exp(x) and of x exp(x), where x is how far a logit lies above the best one, which is never.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Weighted) Moments(ReadOnlySpan<float> logits, float best)
    {
        var (sums, weighted) = (Vector<float>.Zero, Vector<float>.Zero);
        var (sum, dot) = (0.0, 0.0);
        foreach (var part in MemoryMarshal.Cast<float, Vector<float>>(logits))
        {
            var shifted = Vector.Max(part - new Vector<float>(best), new Vector<float>(Floor));
            var exponentials = Vector.Exp(shifted);
            sums += exponentials;
            weighted += exponentials * shifted;
        }

        foreach (var logit in Rest(logits))
        {
            var shifted = Math.Max(logit - best, Floor);
            sum += MathF.Exp(shifted);
            dot += MathF.Exp(shifted) * shifted;
        }

        return (sum + Vector.Sum(sums), dot + Vector.Sum(weighted));
    }

    /// <summary>The first id from one on whose logit is above a bound; the number of logits where none is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int NextAbove(ReadOnlySpan<float> logits, int from, float bound)
    {
        var bounds = new Vector<float>(bound);
        while (from + Vector<float>.Count <= logits.Length && !Vector.GreaterThanAny(new Vector<float>(logits[from..]), bounds)) from += Vector<float>.Count;
        while (from < logits.Length && !(logits[from] > bound)) from++;
        return from;
    }

    /// <summary>What does not fill a vector.</summary>
    private static ReadOnlySpan<float> Rest(ReadOnlySpan<float> logits) => logits[(logits.Length / Vector<float>.Count * Vector<float>.Count)..];
}
