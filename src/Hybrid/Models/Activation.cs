using HybridGen.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>A network's nonlinearity by the name that configurations give it, in place.</summary>
internal static class Activation
{
    /// <exception cref="CheckpointFormatException">This version does not know it.</exception>
    public static Func<Tensor, Tensor> Read(CheckpointConfig config, string name) => config.Text(name) switch
    {
        null or "gelu" => x => x.gelu_(),
        "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => GeluTanh,
        "relu" => x => x.relu_(),
        "silu" or "swish" => x => x.silu_(),
        var other => throw config.Wrong(name, $"'{other}'", "must be gelu, gelu_new, gelu_pytorch_tanh, relu or silu"),
    };

    /// <summary>GELU with the tanh approximation (Hendrycks and Gimpel 2016, arXiv:1606.08415), in place.</summary>
    public static Tensor GeluTanh(Tensor x) => x.gelu_(GELU.Approximate.tanh);
}
