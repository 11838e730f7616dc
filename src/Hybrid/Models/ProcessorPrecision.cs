using System.Runtime.Intrinsics.X86;

namespace HybridGen.Models;

/// <summary>What a processor's instructions say about the precision in which a network is fastest on it.</summary>
internal static class ProcessorPrecision
{
    private const int Features = 7;
    private const int BFloat16Bit = 1 << 5;

    /// <summary>
    /// Whether it multiplies BF16 numbers itself (AVX512-BF16, which processors with AMX have too). Without that libtorch converts each product,
    /// and BF16 is slower than F32.
    /// </summary>
    public static bool MultipliesBF16 { get; } = Avx512F.IsSupported && X86Base.CpuId(Features, 0).Eax >= 1 && (X86Base.CpuId(Features, 1).Eax & BFloat16Bit) != 0;
}
