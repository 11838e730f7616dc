using System.Security.Cryptography;

namespace HybridGen.Cli.Tests;

/// <summary>The smallest file with a right GGUF header; the rest is noise.</summary>
internal static class TinyGguf
{
    public static byte[] Make(int seed, int length = 400_000)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write(0L);
        writer.Write(1L);
        Text(writer, "general.architecture");
        writer.Write(8);
        Text(writer, "llama");
        var noise = new byte[length];
        new Random(seed).NextBytes(noise);
        writer.Write(noise);
        return stream.ToArray();
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static void Text(BinaryWriter writer, string text)
    {
        writer.Write((long)text.Length);
        writer.Write(System.Text.Encoding.ASCII.GetBytes(text));
    }
}
