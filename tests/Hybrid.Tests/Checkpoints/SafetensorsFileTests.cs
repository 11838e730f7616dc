using System.Buffers.Binary;
using System.Text;
using CsCheck;
using HybridGen.Checkpoints;
using HybridGen.Torch;

namespace HybridGen.Hybrid.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void AWellFormedHeaderIsRead()
    {
        using var file = SafetensorsFile.Open(Write("""{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""", 8));
        var entry = Assert.Single(file.Tensors);
        Assert.Equal("w", entry.Key);
        Assert.Equal([2L, 1L], entry.Value.Shape);
        Assert.Equal(8, entry.Value.Length);
    }

    /// <summary>Large tensors are read in parts, since a span cannot hold them.</summary>
    [Fact]
    public async Task ATensorIsReadWholeBeyondOnePart()
    {
        const int Length = (1 << 26) + 3;
        var path = Write($$$"""{"w":{"dtype":"U8","shape":[{{{Length}}}],"data_offsets":[0,{{{Length}}}]}}""", Length, 1, 2, 3);
        using var worker = new TensorWorker(1);
        Assert.Equal((6L, (byte)3), await worker.RunAsync(() =>
        {
            using var file = SafetensorsFile.Open(path);
            var tensor = file.Load("w");
            return (tensor.sum().item<long>(), tensor[Length - 1].item<byte>());
        }, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}}""")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""")]
    [InlineData("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""")]
    [InlineData("""{"w":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("""{"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")]
    public void ALyingHeaderIsRefusedWithPathAndTensor(string header)
    {
        var path = Write(header, 8);
        var failure = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(path));
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("'w'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("<!DOCTYPE html><html></html>")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")]
    [InlineData("PK\u0003\u0004 and the rest of an archive")]
    public void AnotherKindOfFileIsRefusedWithItsPath(string content)
    {
        var path = _scratch.Write("model.safetensors", content);
        Assert.Contains(path, Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileAndAFolderAreRefused()
    {
        Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(Path.Combine(_scratch.Folder, "none")));
        Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(_scratch.Folder));
    }

    [Fact]
    public void DamagedHeadersThrowNothingElse()
    {
        var path = Write("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8);
        var whole = File.ReadAllBytes(path);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 6].Sample(
            changes =>
            {
                var bytes = whole.ToArray();
                foreach (var (place, value) in changes) bytes[place] = value;
                File.WriteAllBytes(path, bytes);
                try
                {
                    SafetensorsFile.Open(path).Dispose();
                }
                catch (CheckpointFormatException)
                {
                    // The one exception a damaged file may cause.
                }
            },
            iter: 2000,
            threads: 1);
    }

    private string Write(string header, int dataLength, params ReadOnlySpan<byte> end)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)json.Length);
        json.CopyTo(bytes, 8);
        end.CopyTo(bytes.AsSpan(bytes.Length - end.Length));
        return _scratch.Write("model.safetensors", bytes);
    }
}
