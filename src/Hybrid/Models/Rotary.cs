using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>
/// Rotary positions with the two halves of each head interleaved at load, so that one complex product turns them (Su et al. 2021,
/// arXiv:2104.09864; "rotate half" as published checkpoints store it).
/// </summary>
internal static class Rotary
{
    /// <summary>Places the halves of an axis of size S side by side: 0, S/2, 1, S/2 + 1, ...; queries and keys alike, so that their products stay.</summary>
    public static Tensor Interleave(Tensor weight, int axis)
    {
        var size = (int)weight.shape[axis];
        using var order = tensor([.. Enumerable.Range(0, size).Select(i => (long)(i / 2 + (i % 2 == 0 ? 0 : size / 2)))]);
        return weight.index_select(axis, order);
    }

    /// <summary>Complex rotations of positions: (B or 1, L) to (B or 1, L, 1, S / 2), on the positions' device.</summary>
    public static Tensor Rotations(Tensor positions, int headSize, double theta)
    {
        using var scope = NewDisposeScope();
        var exponents = arange(0, headSize, 2, ScalarType.Float32, positions.device).div_(headSize);
        var frequencies = pow(theta, exponents).reciprocal_();
        var angles = positions.to(ScalarType.Float32).unsqueeze(-1).mul(frequencies).unsqueeze(2);
        return polar(ones_like(angles), angles).MoveToOuterDisposeScope();
    }

    /// <summary>Turns queries or keys (B, L, H, S), interleaved; the result is contiguous.</summary>
    public static Tensor Turn(Tensor heads, Tensor rotations)
    {
        using var scope = NewDisposeScope();
        var (batch, length, count, size) = (heads.shape[0], heads.shape[1], heads.shape[2], heads.shape[3]);
        var pairs = heads.to(ScalarType.Float32).view(batch, length, count, size / 2, 2);
        var turned = pairs.view_as_complex().mul(rotations).view_as_real().view(batch, length, count, size);
        return turned.to(heads.dtype).MoveToOuterDisposeScope();
    }
}
