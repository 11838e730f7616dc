using System.Buffers.Binary;
using System.Text;

namespace HybridGen.Torch;

/// <summary>
/// Reads which symbol versions a 64-bit little-endian ELF library needs of others, and makes one of them weak: the loader then warns
/// instead of refusing the library.
/// </summary>
/// <remarks>Layout: Linux Standard Base 5.0 core, section 10.7 (symbol versioning). Every offset is checked against the file.</remarks>
internal sealed class ElfVersionNeeds
{
    private const uint VersionNeedSection = 0x6ffffffe;
    private const ushort Weak = 2;

    private readonly byte[] _file;
    private readonly List<(string Name, int FlagsAt)> _needs = [];

    private ElfVersionNeeds(byte[] file)
    {
        _file = file;
        if (file.Length < 64 || !file.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8)) throw new InvalidDataException("it is not a 64-bit little-endian ELF file");
        var (sections, size, count) = (Offset(0x28), Half(0x3a), Half(0x3c));
        for (var i = 0; i < count; i++)
            if (Word(sections + i * size + 4) == VersionNeedSection) ReadSection(sections, size, sections + i * size);
    }

    /// <summary>Names of the versions that the library asks for, such as <c>GLIBCXX_3.4.32</c>.</summary>
    public IEnumerable<string> Names => _needs.Select(need => need.Name);

    /// <summary>Reads a library's needs.</summary>
    /// <exception cref="InvalidDataException">The file is not such a library, or is damaged.</exception>
    public static ElfVersionNeeds Read(byte[] file)
    {
        try
        {
            return new ElfVersionNeeds(file);
        }
        catch (Exception failure) when (failure is ArgumentOutOfRangeException or OverflowException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("its tables point outside the file", failure);
        }
    }

    /// <summary>A copy of the library in which the named versions are weak needs; nothing else differs.</summary>
    public byte[] Weaken(IReadOnlySet<string> names)
    {
        var copy = _file.ToArray();
        foreach (var (_, flags) in _needs.Where(need => names.Contains(need.Name)))
            BinaryPrimitives.WriteUInt16LittleEndian(copy.AsSpan(flags), (ushort)(Half(flags) | Weak));
        return copy;
    }

    private void ReadSection(int sections, int size, int header)
    {
        var strings = Offset(sections + checked((int)Word(header + 0x28)) * size + 0x18);
        var at = Offset(header + 0x18);
        for (var entries = Word(header + 0x2c); entries > 0; entries--)
        {
            var auxiliary = at + checked((int)Word(at + 8));
            for (var left = Half(at + 2); left > 0; left--)
            {
                _needs.Add((Name(strings + checked((int)Word(auxiliary + 8))), auxiliary + 4));
                auxiliary += checked((int)Word(auxiliary + 12));
            }

            at += checked((int)Word(at + 12));
        }
    }

    private string Name(int at)
    {
        var rest = _file.AsSpan(at);
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private ushort Half(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(at));

    private uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan(at));

    private int Offset(int at) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(_file.AsSpan(at)));
}
