using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>Where a denoiser's weights are kept and in which precision it computes.</summary>
public sealed record DenoiserPlacement
{
    private const string Auto = "auto";
    private const string Processor = "cpu";
    private const string Cuda = "cuda";

    /// <summary>The device: <c>auto</c>, <c>cpu</c>, <c>cuda</c>, or <c>cuda:N</c> for the GPU with the number N, from 0.</summary>
    /// <value>Default <c>auto</c>: the first GPU where libtorch sees one, else the processor.</value>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public string Device
    {
        get;
        init => field = value is Auto or Processor or Cuda || Number(value) is not null
            ? value
            : throw new ArgumentException($"The device is '{value}'; it must be auto, cpu, cuda or cuda:N.", nameof(Device));
    } = Auto;

    /// <summary>The precision of weights and arithmetic; files in another are converted.</summary>
    /// <value>Default <see cref="DenoiserPrecision.Auto"/>.</value>
    public DenoiserPrecision Precision { get; init; }

    /// <summary>Finds the device and the type.</summary>
    /// <exception cref="RefiningException">libtorch sees no such device, or it cannot compute in this precision.</exception>
    internal (Device Device, ScalarType Type) Resolve()
    {
        var device = ResolveDevice();
        var usesCuda = device.type == TorchSharp.DeviceType.CUDA;
        if (!usesCuda && Precision == DenoiserPrecision.F16)
            throw new RefiningException("F16 arithmetic needs a GPU; on the processor a refiner computes in F32 or BF16.");
        return (device, Type(usesCuda));
    }

    /// <summary>Finds the device alone, for a model of one precision.</summary>
    /// <exception cref="RefiningException">libtorch sees no such device.</exception>
    internal Device ResolveDevice()
    {
        LibTorch.EnsureLoaded();
        var usesCuda = Device == Auto ? cuda.is_available() : Device != Processor;
        if (usesCuda) CheckCuda();
        return usesCuda ? new Device(TorchSharp.DeviceType.CUDA, Number(Device) ?? 0) : CPU;
    }

    private ScalarType Type(bool usesCuda) => Precision switch
    {
        DenoiserPrecision.F32 => ScalarType.Float32,
        DenoiserPrecision.BF16 => ScalarType.BFloat16,
        DenoiserPrecision.F16 => ScalarType.Float16,
        _ => usesCuda || ProcessorPrecision.MultipliesBF16 ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    private void CheckCuda()
    {
        if (!cuda.is_available())
            throw new RefiningException($"The device '{Device}' was asked for, but libtorch {__version__} sees no GPU: it needs a build with TorchBackend=cuda and NVIDIA's driver. 'cpu' works without.");
        if (Number(Device) is { } number && number >= cuda.device_count())
            throw new RefiningException($"The device '{Device}' was asked for, but libtorch sees {cuda.device_count()} GPU(s), numbered from 0.");
    }

    private static int? Number(string device) =>
        device.StartsWith(Cuda + ":", StringComparison.Ordinal) && int.TryParse(device.AsSpan(Cuda.Length + 1), System.Globalization.NumberStyles.None, null, out var number) ? number : null;
}

/// <summary>The precision of a denoiser's weights and arithmetic.</summary>
public enum DenoiserPrecision
{
    /// <summary>BF16 on a GPU and on a processor with instructions for it (AVX512-BF16), F32 on others; the shipped mini refiner computes in F32 everywhere.</summary>
    Auto,

    /// <summary>F32: the same edits on every machine.</summary>
    F32,

    /// <summary>BF16: on processors with instructions for it about three times as fast as F32, on others slower.</summary>
    BF16,

    /// <summary>F16; on a GPU only.</summary>
    F16,
}
