using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>What a session holds, as a file: a header that says whose it is, what was said, and llama.cpp's own memory of it.</summary>
/// <remarks>
/// llama.cpp reads a foreign or damaged memory without complaint or ends the process, so nothing reaches it whose model, version and
/// checksum are not right.
/// </remarks>
internal sealed record SessionState(string Model, DraftPrompt Prompt, string Text, IReadOnlyList<LLamaToken> Tokens, byte[] Memory)
{
    private const uint Magic = 0x53444748; // HGDS
    private const int Version = 1;
    private const int Start = 8 + SHA256.HashSizeInBytes + 4;

    /// <summary>What is saved besides the memory.</summary>
    internal sealed record Header(string Library, string Model, string? Raw, IReadOnlyList<ChatTurn>? Turns, string Text, int[] Tokens)
    {
        public IReadOnlyList<Tool>? Tools { get; init; }

        public IReadOnlyList<string>? RequiredTools { get; init; }

        public bool? IsThinking { get; init; }

        public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }
    }

    /// <summary>Tells models apart: all of the file's own words, and the sizes of the weights.</summary>
    public static string Fingerprint(LLamaWeights weights)
    {
        var words = string.Join('\n', weights.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{weights.SizeInBytes} {weights.ParameterCount}\n{words}")));
    }

    /// <summary>Writes the file in one step.</summary>
    /// <exception cref="DraftingException">It cannot be written.</exception>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            var header = JsonSerializer.SerializeToUtf8Bytes(Describe(), DraftingJson.Default.Header);
            byte[] contents = [.. BitConverter.GetBytes(header.Length), .. header, .. Memory];
            byte[] file = [.. BitConverter.GetBytes(Magic), .. BitConverter.GetBytes(Version), .. SHA256.HashData(contents), .. contents];
            await File.WriteAllBytesAsync(part, file, cancellationToken).ConfigureAwait(false);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception failure)
        {
            File.Delete(part);
            if (failure is IOException or UnauthorizedAccessException) throw new DraftingException($"The session cannot be saved to '{path}': {failure.Message}", failure);
            throw;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="DraftingException">It is none of this kind, damaged, or of another model or version.</exception>
    public static async Task<SessionState> ReadAsync(string path, string model, CancellationToken cancellationToken)
    {
        try
        {
            return Parse(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), path, model);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw new DraftingException($"'{path}' cannot be read as a saved session: {failure.Message}", failure);
        }
    }

    private static SessionState Parse(byte[] file, string path, string model)
    {
        if (file.Length < Start || BitConverter.ToUInt32(file) != Magic) throw new DraftingException($"'{path}' is no saved session.");
        if (BitConverter.ToInt32(file, 4) is var version && version != Version) throw new DraftingException($"'{path}' was saved in format {version}; {Version} can be read.");
        if (!SHA256.HashData(file.AsSpan(Start - 4)).AsSpan().SequenceEqual(file.AsSpan(8, SHA256.HashSizeInBytes))) throw new DraftingException($"'{path}' is damaged: its contents do not match their checksum.");
        var length = BitConverter.ToInt32(file, Start - 4);
        var header = JsonSerializer.Deserialize(file.AsSpan(Start, length), DraftingJson.Default.Header) ?? throw new DraftingException($"'{path}' is damaged: its header is empty.");
        if (header.Library != LlamaLibrary.Version) throw new DraftingException($"'{path}' was saved by llama.cpp {header.Library}; this is {LlamaLibrary.Version}, which cannot read its memory.");
        if (header.Model != model) throw new DraftingException($"'{path}' was saved with another model.");
        DraftPrompt prompt = header.Turns is { } turns ? new DraftPrompt.Chat(turns) { Tools = header.Tools ?? [], RequiredTools = header.RequiredTools ?? [], IsThinking = header.IsThinking, Variables = header.Variables ?? new Dictionary<string, JsonElement>() } : new DraftPrompt.Raw(header.Raw ?? "");
        return new SessionState(model, prompt, header.Text, Array.ConvertAll(header.Tokens, id => (LLamaToken)id), file[(Start + length)..]);
    }

    private Header Describe() =>
        new(LlamaLibrary.Version, Model, (Prompt as DraftPrompt.Raw)?.Text, (Prompt as DraftPrompt.Chat)?.Turns, Text, [.. Tokens.Select(token => (int)token)])
        {
            Tools = (Prompt as DraftPrompt.Chat)?.Tools,
            RequiredTools = (Prompt as DraftPrompt.Chat)?.RequiredTools,
            IsThinking = (Prompt as DraftPrompt.Chat)?.IsThinking,
            Variables = (Prompt as DraftPrompt.Chat)?.Variables,
        };
}

/// <summary>Takes the memory of a sequence out of the context.</summary>
internal sealed class StateReader : Continuation
{
    public byte[] State { get; private set; } = [];

    public override unsafe LLamaToken? Next(SafeLLamaContextHandle context, int row, Slot slot)
    {
        var state = new byte[(int)context.GetStateSize(slot.Sequence)];
        fixed (byte* start = state)
        {
            var written = context.GetState(start, (nuint)state.Length, slot.Sequence);
            State = state[..(int)written];
        }

        return null;
    }
}

/// <summary>Puts the memory of a sequence back.</summary>
internal sealed class StateWriter(SessionState state) : Continuation
{
    public override unsafe void Prepare(SafeLLamaContextHandle context, Slot slot)
    {
        slot.Truncate(0);
        nuint read;
        fixed (byte* start = state.Memory) read = context.SetState(start, (nuint)state.Memory.Length, slot.Sequence);
        if (read == 0) throw new DraftingException("llama.cpp does not take the saved memory: it was saved with other options of the context (KeyCache, ValueCache, FlashAttention).");
        slot.Held.AddRange(state.Tokens);
    }

    public override LLamaToken? Next(SafeLLamaContextHandle context, int row, Slot slot) => null;
}
