using LLama;
using LLama.Common;
using LLama.Exceptions;

namespace HybridGen.Drafting;

/// <summary>Low-rank adapters beside the weights that they belong to.</summary>
internal sealed class LoadedAdapters : IDisposable
{
    private readonly LLamaWeights _weights;
    private readonly List<(LLama.Native.LoraAdapter Adapter, float Scale)> _adapters = [];

    private LoadedAdapters(LLamaWeights weights) => _weights = weights;

    /// <summary>Loads adapters.</summary>
    /// <exception cref="DraftingException">One is damaged or does not fit the model.</exception>
    public static LoadedAdapters Load(LLamaWeights weights, IReadOnlyList<LoraAdapter> adapters)
    {
        var loaded = new LoadedAdapters(weights);
        foreach (var adapter in adapters) loaded.Add(adapter);
        return loaded;
    }

    /// <summary>Creates a context that computes with the adapters.</summary>
    public LLamaContext CreateContext(ModelParams parameters)
    {
        var context = _weights.CreateContext(parameters);
        if (_adapters.Count > 0) context.NativeHandle.SetLoraAdapters(_adapters.ToArray());
        return context;
    }

    public void Dispose()
    {
        foreach (var (adapter, _) in _adapters) adapter.Unload();
        _adapters.Clear();
    }

    private void Add(LoraAdapter adapter)
    {
        try
        {
            _adapters.Add((_weights.NativeHandle.LoadLoraFromFile(adapter.Path), adapter.Scale));
        }
        catch (Exception failure) when (failure is RuntimeError or ArgumentException or FileNotFoundException)
        {
            Dispose();
            throw new DraftingException($"The adapter '{adapter.Path}' cannot be used with this model: {LlamaLibrary.Reason(failure)}", failure);
        }
    }
}
