using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>What a GGUF file says of itself, checked before native code reads it: llama.cpp ends the process on some damaged files.</summary>
/// <param name="Path">The file.</param>
/// <param name="Version">Version of the format, 2 or 3.</param>
/// <param name="Architecture">The model's architecture, such as <c>llama</c>.</param>
/// <param name="Tensors">Number of tensors.</param>
/// <remarks>Format: github.com/ggml-org/ggml, docs/gguf.md.</remarks>
public sealed record GgufFile(string Path, int Version, string Architecture, int Tensors)
{
    // The architectures of llama.cpp b10221 that read texts only.
    private static readonly HashSet<string> Embedding =
        ["bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "eurobert", "jina-bert-v2", "jina-bert-v3", "gemma-embedding", "llama-embed", "t5encoder", "clip", "wavtokenizer-dec"];

    /// <summary>Whether a model of this architecture only reads texts.</summary>
    public bool IsEmbedding => Embedding.Contains(Architecture);

    /// <summary>Reads and checks the header: magic, version, counts, types, and that every tensor lies inside the file.</summary>
    /// <exception cref="GgufFormatException">The file is missing, unreadable, damaged, cut short or of another kind.</exception>
    public static GgufFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path)) throw new GgufFormatException($"'{path}' is a folder; a GGUF file was expected.");
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            using var reader = new BinaryReader(stream);
            return new GgufReader(reader, path).Read();
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new GgufFormatException($"'{path}' does not exist; a GGUF file was expected.", failure);
        }
        catch (EndOfStreamException end)
        {
            throw new GgufFormatException($"'{path}' is cut short: its header does not end inside the file. Fetch it again.", end);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new GgufFormatException($"'{path}' cannot be read: {(failure is ArgumentException ? "it is no path." : failure.Message)}", failure);
        }
    }
}

/// <summary>Walks through a GGUF header.</summary>
internal sealed class GgufReader(BinaryReader reader, string path)
{
    private const int LongestKey = 1 << 16;
    private const int MostDimensions = 4;
    private const int MostBlocks = 512; // LLAMA_MAX_LAYERS
    private const int UnsignedType = 4;
    private const int IntegerType = 5;
    private const int FloatType = 6;
    private const int ArrayType = 9;
    private const int StringType = 8;

    private readonly Stream _stream = reader.BaseStream;
    private readonly long _length = reader.BaseStream.Length;
    private readonly GgufVocabulary _vocabulary = new();
    private string _architecture = "";
    private long _alignment = 32;

    // Bytes of each plain value type; 0: a string or an array.
    private static readonly int[] ValueSizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

    // Elements and bytes of a block of each tensor type that llama.cpp b10221 reads.
    internal static readonly Dictionary<uint, (int Elements, int Bytes)> Blocks = new()
    {
        [0] = (1, 4),
        [1] = (1, 2),
        [2] = (32, 18),
        [3] = (32, 20),
        [6] = (32, 22),
        [7] = (32, 24),
        [8] = (32, 34),
        [9] = (32, 36),
        [10] = (256, 84),
        [11] = (256, 110),
        [12] = (256, 144),
        [13] = (256, 176),
        [14] = (256, 210),
        [15] = (256, 292),
        [16] = (256, 66),
        [17] = (256, 74),
        [18] = (256, 98),
        [19] = (256, 50),
        [20] = (32, 18),
        [21] = (256, 110),
        [22] = (256, 82),
        [23] = (256, 136),
        [24] = (1, 1),
        [25] = (1, 2),
        [26] = (1, 4),
        [27] = (1, 8),
        [28] = (1, 8),
        [29] = (256, 56),
        [30] = (1, 2),
        [34] = (256, 54),
        [35] = (256, 66),
        [39] = (32, 17),
        [40] = (64, 36),
        [41] = (128, 18),
        [42] = (64, 18),
    };

    public GgufFile Read()
    {
        CheckMagic();
        var version = reader.ReadUInt32();
        if (version is not (2 or 3)) throw Wrong($"its format version is {version}; 2 and 3 can be read");
        var tensors = Count("tensors", 24);
        var values = Count("metadata values", 13);
        for (var i = 0; i < values; i++) ReadValue();
        if (_architecture.Length == 0) throw Wrong("its metadata has no general.architecture");
        if (_vocabulary.Problem() is { } problem) throw Wrong(problem);
        CheckTensors(tensors);
        return new GgufFile(path, (int)version, _architecture, tensors);
    }

    private void CheckMagic()
    {
        if (_length == 0) throw Wrong("it is empty");
        Span<byte> magic = stackalloc byte[4];
        if (_stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("GGUF"u8)) return;
        throw Wrong(magic[0] switch
        {
            (byte)'<' => "it is a web page, not a model: the download failed",
            (byte)'v' when magic.SequenceEqual("vers"u8) => "it is a Git LFS pointer: fetch the file itself",
            (byte)'F' when magic.SequenceEqual("FUGG"u8) => "it was written for big-endian machines",
            _ => "it does not begin with GGUF",
        });
    }

    /// <summary>A count that the rest of the file could hold.</summary>
    private int Count(string what, int leastBytes)
    {
        var count = reader.ReadUInt64();
        if (count > (ulong)((_length - _stream.Position) / leastBytes)) throw Wrong($"it claims {count} {what}, more than fit into {_length} bytes");
        return (int)count;
    }

    private void ReadValue()
    {
        var key = Text(LongestKey);
        var type = reader.ReadUInt32();
        if (type == UnsignedType) Check(key, reader.ReadUInt32());
        else if (type == FloatType) Check(key, reader.ReadSingle());
        else if (type == StringType && key == "general.architecture") _architecture = Text(LongestKey);
        else if (GgufVocabulary.Reads(key)) ReadVocabulary(key, type);
        else Skip(type, key, 0);
    }

    /// <summary>llama.cpp reads these as the types that they should have, whatever they are.</summary>
    private void ReadVocabulary(string key, uint type)
    {
        var elements = type == ArrayType ? reader.ReadUInt32() : type;
        switch (key, type, elements)
        {
            case ("tokenizer.ggml.model", StringType, _):
                _vocabulary.SetModel(Text(LongestKey));
                break;
            case ("tokenizer.ggml.tokens", ArrayType, StringType):
                _vocabulary.SetTokens(Texts(key));
                break;
            case ("tokenizer.ggml.token_type", ArrayType, IntegerType or UnsignedType):
                _vocabulary.SetTypes(Numbers(key));
                break;
            case ("tokenizer.ggml.scores", ArrayType, FloatType):
                _vocabulary.SetScores(Numbers(key).Length);
                break;
            default:
                throw Wrong($"'{key}' has the type {elements}");
        }
    }

    private string[] Texts(string key)
    {
        var texts = new string[Count($"elements of '{key}'", 8)];
        // Up to a zero, where llama.cpp takes a token to end.
        for (var i = 0; i < texts.Length; i++) texts[i] = Encoding.Latin1.GetString(Bytes(LongestKey)).Split('\0', 2)[0];
        return texts;
    }

    private int[] Numbers(string key)
    {
        var numbers = new int[Count($"elements of '{key}'", sizeof(int))];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    /// <summary>Numbers on which llama.cpp ends the process instead of refusing the file.</summary>
    private void Check(string key, uint value)
    {
        if (key == "general.alignment") _alignment = value is > 0 and <= 1 << 20 && BitOperations.IsPow2(value) ? value : throw Wrong($"{key} is {value}, which is no power of two");
        else if (key.EndsWith(".block_count", StringComparison.Ordinal) && value is 0 or > MostBlocks) throw Wrong($"'{key}' is {value}; 1 to {MostBlocks} can be read");
        else if (key.EndsWith(".context_length", StringComparison.Ordinal) && value is 0 or > int.MaxValue) throw Wrong($"'{key}' is {value}, which is no length");
    }

    private void Check(string key, float value)
    {
        if (!float.IsFinite(value) || (value < 0 && key.EndsWith("_epsilon", StringComparison.Ordinal))) throw Wrong($"'{key}' is {value}, which is no usable number");
    }

    private void Skip(uint type, string key, int depth)
    {
        if (type >= ValueSizes.Length) throw Wrong($"the type {type} of '{key}' is unknown");
        if (type == StringType) Forward(reader.ReadUInt64());
        else if (type != ArrayType) Forward((ulong)ValueSizes[type]);
        else SkipArray(key, depth);
    }

    private void SkipArray(string key, int depth)
    {
        if (depth > 3) throw Wrong($"the arrays of '{key}' are nested too deep");
        var type = reader.ReadUInt32();
        if (type >= ValueSizes.Length) throw Wrong($"the type {type} of '{key}' is unknown");
        var size = ValueSizes[type];
        var count = Count($"elements of '{key}'", size > 0 ? size : 8);
        if (size > 0) Forward((ulong)count * (ulong)size);
        else
            for (var i = 0; i < count; i++) Skip(type, key, depth + 1);
    }

    private void CheckTensors(int count)
    {
        var tensors = new List<(string Name, ulong Offset, ulong Bytes)>(count);
        for (var i = 0; i < count; i++) tensors.Add(ReadTensor());
        var start = (ulong)((_stream.Position + _alignment - 1) / _alignment * _alignment);
        foreach (var (name, offset, bytes) in tensors)
        {
            if (offset % (ulong)_alignment != 0) throw Wrong($"tensor '{name}' does not begin at a multiple of {_alignment}");
            if (start > (ulong)_length || offset > (ulong)_length - start || bytes > (ulong)_length - start - offset)
                throw Wrong($"it is cut short: tensor '{name}' ends at byte {(UInt128)start + offset + bytes} of {_length}. Fetch it again");
        }
    }

    private (string, ulong, ulong) ReadTensor()
    {
        var name = Text(LongestKey);
        var dimensions = reader.ReadUInt32();
        if (dimensions > MostDimensions) throw Wrong($"tensor '{name}' has {dimensions} dimensions");
        UInt128 elements = 1;
        for (var i = 0; i < dimensions; i++)
            if ((elements *= reader.ReadUInt64()) > long.MaxValue) throw Wrong($"tensor '{name}' is absurdly large");
        if (elements == 0) throw Wrong($"tensor '{name}' is empty");
        var type = reader.ReadUInt32();
        if (!Blocks.TryGetValue(type, out var block)) throw Wrong($"tensor '{name}' has the unknown type {type}");
        if (elements % (UInt128)block.Elements != 0) throw Wrong($"tensor '{name}' does not fill its blocks of {block.Elements}");
        return (name, reader.ReadUInt64(), (ulong)(elements / (UInt128)block.Elements * (UInt128)block.Bytes));
    }

    private string Text(int longest) => Encoding.UTF8.GetString(Bytes(longest));

    private byte[] Bytes(int longest)
    {
        var length = reader.ReadUInt64();
        if (length > (ulong)longest) throw Wrong($"a name of {length} bytes is too long");
        var bytes = reader.ReadBytes((int)length);
        return bytes.Length == (int)length ? bytes : throw new EndOfStreamException();
    }

    private void Forward(ulong bytes)
    {
        if (bytes > (ulong)(_length - _stream.Position)) throw new EndOfStreamException();
        _stream.Seek((long)bytes, SeekOrigin.Current);
    }

    private GgufFormatException Wrong(string what) => new($"'{path}' is no usable GGUF model: {what}.");
}
