using System.Runtime.CompilerServices;
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
        LLama.Native.LoraAdapter? loaded = null;
        RuntimeError? failure = null;
        try
        {
            loaded = _weights.NativeHandle.LoadLoraFromFile(adapter.Path);
        }
        catch (RuntimeError refused)
        {
            failure = refused;
        }

        // The binding hands on llama.cpp's null as an adapter, and the first decode would follow it.
        if (loaded is not null && PointerOf(loaded) != 0)
        {
            _adapters.Add((loaded, adapter.Scale));
            return;
        }

        Dispose();
        throw new DraftingException($"The adapter '{adapter.Path}' cannot be used with this model: {LlamaLibrary.Reason(failure ?? new RuntimeError("it is no adapter."))}", failure);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Pointer")]
    private static extern nint PointerOf(LLama.Native.LoraAdapter adapter);
}
