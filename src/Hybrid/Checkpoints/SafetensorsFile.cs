using System.IO.MemoryMappedFiles;
using static TorchSharp.torch;

namespace HybridGen.Checkpoints;

/// <summary>A safetensors file, memory-mapped: a tensor's bytes are read when it is loaded.</summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const long ElementsAtOnce = 1 << 26;

    private readonly string _path;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _dataStart;
    private readonly Dictionary<string, TensorEntry> _entries;

    private SafetensorsFile(string path, MemoryMappedFile map, long length)
    {
        (_path, _map) = (path, map);
        _view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        try
        {
            var header = Read(0, checked((int)HeaderLength(length)), 8);
            _dataStart = 8 + header.Length;
            _entries = SafetensorsHeader.Read(header, length - _dataStart, path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => _entries;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="CheckpointFormatException">The file is missing or no safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        MemoryMappedFile? map = null;
        try
        {
            if (Directory.Exists(path)) throw new CheckpointFormatException($"'{path}' is a folder; a safetensors file was expected.");
            var length = new FileInfo(path).Length;
            if (length < 8) throw new CheckpointFormatException($"'{path}' is {(length == 0 ? "empty" : "too short")}; a safetensors file begins with the length of its header.");
            map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(path, map, length);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            map?.Dispose();
            throw new CheckpointFormatException($"'{path}' cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>Loads a tensor as it is stored.</summary>
    /// <exception cref="CheckpointFormatException">There is none of that name.</exception>
    public Tensor Load(string name)
    {
        if (!_entries.TryGetValue(name, out var entry)) throw new CheckpointFormatException($"'{_path}' has no tensor '{name}'.");
        var tensor = empty(entry.Shape, entry.Type);
        using var flat = tensor.view(-1);
        var (size, count) = (entry.Length / Math.Max(1, flat.numel()), flat.numel());
        for (long first = 0, some; first < count; first += some)
        {
            some = Math.Min(count - first, ElementsAtOnce);
            using var part = flat.narrow(0, first, some); // A span holds less than 2 GB.
            _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(_view.PointerOffset + _dataStart + entry.Offset + first * size), part.bytes);
        }

        return tensor;
    }

    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }

    private long HeaderLength(long fileLength)
    {
        var length = _view.ReadUInt64(0);
        if (length <= (ulong)(fileLength - 8) && length <= SafetensorsHeader.MaxLength) return (long)length;
        throw new CheckpointFormatException($"'{_path}' is no safetensors file{Kind()}, or it is cut short: it claims a header of {length} bytes in a file of {fileLength}.");
    }

    /// <summary>What the file looks like instead.</summary>
    private string Kind()
    {
        Span<byte> start = stackalloc byte[8];
        _view.SafeMemoryMappedViewHandle.ReadSpan(0, start);
        return start[0] switch
        {
            (byte)'<' => " but a web page",
            (byte)'v' when start.SequenceEqual("version "u8) => " but a Git LFS pointer; fetch the file itself",
            (byte)'P' when start[1] == 'K' => " but a PyTorch or ZIP archive; convert it to safetensors",
            _ => "",
        };
    }

    private byte[] Read(long offset, int length, int skip = 0)
    {
        var bytes = new byte[length];
        _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(_view.PointerOffset + offset + skip), bytes.AsSpan());
        return bytes;
    }
}
