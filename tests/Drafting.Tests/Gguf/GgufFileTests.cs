using System.Runtime.InteropServices;
using System.Text;
using CsCheck;

namespace HybridGen.Drafting.Tests;

public sealed class GgufFileTests : IDisposable
{
    private delegate long OfType(int type);

    private readonly string _path = Path.GetTempFileName();

    private static byte[] Mini { get; } = File.ReadAllBytes(Repository.MiniDrafter);

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Read_MiniDrafter_SaysWhatItIs()
    {
        var file = GgufFile.Read(Repository.MiniDrafter);
        Assert.Equal((3, "llama"), (file.Version, file.Architecture));
        Assert.True(file.Tensors > 10);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("<!DOCTYPE html><html>not found</html>", "web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS pointer")]
    [InlineData("FUGG", "big-endian")]
    [InlineData("GGU", "does not begin with GGUF")]
    [InlineData("GGUF", "cut short")]
    [InlineData("GGUF\u0001\0\0\0", "version is 1")]
    public void Read_AnotherKindOfFile_NamesTheFileAndWhatItIs(string content, string expected)
    {
        File.WriteAllText(_path, content);
        var failure = Assert.Throws<GgufFormatException>(() => GgufFile.Read(_path));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains(_path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingOrFolder_NamesThePath()
    {
        Assert.Contains("no-such.gguf", Assert.Throws<GgufFormatException>(() => GgufFile.Read("no-such.gguf")).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<GgufFormatException>(() => GgufFile.Read(Repository.Root)).Message, StringComparison.Ordinal);
    }

    /// <summary>Wherever the file ends early, that is said; nothing is read past its end.</summary>
    [Fact]
    public void Read_CutAnywhere_IsRefused() =>
        Gen.Int[4, Mini.Length - 1].Sample(
            length =>
            {
                File.WriteAllBytes(_path, Mini[..length]);
                Assert.Contains(_path, Assert.Throws<GgufFormatException>(() => GgufFile.Read(_path)).Message, StringComparison.Ordinal);
            },
            iter: 60,
            threads: 1);

    /// <summary>Damage in the header is refused in one sentence or harmless; it never leads to another exception.</summary>
    [Fact]
    public void Read_DamagedHeader_IsRefusedOrHarmless() =>
        Gen.Select(Gen.Int[4, 400], Gen.Byte.Array[1, 9]).Array[1, 4].Sample(
            damages =>
            {
                var bytes = Mini[..];
                foreach (var (at, damage) in damages) damage.CopyTo(bytes, at);
                File.WriteAllBytes(_path, bytes);
                Assert.True(Record.Exception(() => GgufFile.Read(_path)) is null or GgufFormatException);
            },
            iter: 200,
            threads: 1);

    /// <summary>The sizes of every tensor type are those of the library that will read the file.</summary>
    [Fact]
    public void Blocks_AllTypes_AreTheLibrarys()
    {
        const int Types = 43; // GGML_TYPE_COUNT
        var library = NativeLibrary.Load(Path.Combine(Path.GetDirectoryName(LlamaLibrary.Inspect().Path)!, OperatingSystem.IsLinux() ? "libggml-base.so" : "ggml-base"));
        var elements = Marshal.GetDelegateForFunctionPointer<OfType>(NativeLibrary.GetExport(library, "ggml_blck_size"));
        var bytes = Marshal.GetDelegateForFunctionPointer<OfType>(NativeLibrary.GetExport(library, "ggml_type_size"));
        for (var type = 0; type < Types; type++)
            Assert.Equal((type, elements(type), bytes(type)), GgufReader.Blocks.TryGetValue((uint)type, out var block) ? (type, block.Elements, block.Bytes) : (type, 0, 0));
    }

    [Theory]
    [InlineData(8, "tensors")]
    [InlineData(16, "metadata values")]
    public void Read_CountBeyondTheFile_IsRefused(int at, string what)
    {
        var bytes = Mini[..];
        BitConverter.TryWriteBytes(bytes.AsSpan(at), ulong.MaxValue / 2);
        File.WriteAllBytes(_path, bytes);
        var failure = Assert.Throws<GgufFormatException>(() => GgufFile.Read(_path));
        Assert.Contains($"it claims {ulong.MaxValue / 2} {what}", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>llama.cpp ends the process on these.</summary>
    [Theory]
    [InlineData("llama.block_count", 0u)]
    [InlineData("llama.block_count", 513u)]
    [InlineData("llama.context_length", 0u)]
    [InlineData("llama.context_length", uint.MaxValue)]
    [InlineData("llama.attention.layer_norm_rms_epsilon", 0x7FC00000u)] // not a number
    [InlineData("llama.attention.layer_norm_rms_epsilon", 0xBF800000u)] // -1
    public void Read_ImpossibleNumber_IsRefusedByItsName(string key, uint bits)
    {
        var bytes = Mini[..];
        var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(key)) + key.Length;
        BitConverter.TryWriteBytes(bytes.AsSpan(at + 4), bits); // after the type
        File.WriteAllBytes(_path, bytes);
        Assert.Contains($"'{key}' is", Assert.Throws<GgufFormatException>(() => GgufFile.Read(_path)).Message, StringComparison.Ordinal);
    }

    /// <summary>llama.cpp ends the process on vocabularies that are wrong in these ways, and reads past the end of an array that is too short.</summary>
    [Theory]
    [InlineData("the same token twice", "its token 258 is there before")]
    [InlineData("a byte that cannot be written", "no token for the byte 0x41")]
    [InlineData("a byte that is none", "its token 259 is said to be a byte")]
    [InlineData("too few types", "100 token types for 261 tokens")]
    [InlineData("too few scores", "100 scores for 261 tokens")]
    [InlineData("scores of another type", "'tokenizer.ggml.scores' has the type 5")]
    public void Read_AVocabularyThatIsWrong_IsRefused(string damage, string expected)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(i => $"<0x{i:X2}>"), "▁", "▁the"];
        int[] types = [2, 3, 3, .. Enumerable.Repeat(6, 256), 1, 1];
        var model = TinyModels.Llama();
        model = damage switch
        {
            "the same token twice" => model.Set("tokenizer.ggml.tokens", [.. tokens.Select((token, i) => i == 258 ? "<0x00>" : token)]),
            "a byte that cannot be written" => model.Set("tokenizer.ggml.tokens", [.. tokens.Select(token => token == "<0x41>" ? "<0x4_>" : token)]),
            "a byte that is none" => model.Set("tokenizer.ggml.token_type", [.. types.Select((type, i) => i == 259 ? 6 : type)]),
            "too few types" => model.Set("tokenizer.ggml.token_type", types[..100]),
            "too few scores" => model.Set("tokenizer.ggml.scores", new float[100]),
            _ => model.Set("tokenizer.ggml.scores", new int[261]),
        };
        File.WriteAllBytes(_path, model.ToArray());
        Assert.Contains(expected, Assert.Throws<GgufFormatException>(() => GgufFile.Read(_path)).Message, StringComparison.Ordinal);
    }

    /// <summary>llama.cpp divides by such a size.</summary>
    [Fact]
    public void Read_ATensorWithoutElements_IsRefused()
    {
        File.WriteAllBytes(_path, TinyModels.Llama().Add("blk.0.attn_q.bias", [], 32, 0).ToArray());
        Assert.Contains("tensor 'blk.0.attn_q.bias' is empty", Assert.Throws<GgufFormatException>(() => GgufFile.Read(_path)).Message, StringComparison.Ordinal);
    }

    /// <summary>Tiny models are sound, so that what is refused of a damaged one is the damage.</summary>
    [Fact]
    public void Read_TinyModels_AreSound()
    {
        foreach (var model in new[] { TinyModels.Llama(), TinyModels.Llama().WithBytePairs(), TinyModels.Mamba() })
        {
            File.WriteAllBytes(_path, model.ToArray());
            Assert.True(GgufFile.Read(_path).Tensors > 10);
        }
    }
}
