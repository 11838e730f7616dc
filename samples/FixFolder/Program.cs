// dotnet run --project samples/FixFolder [FOLDER] [--write]
// Mends all .txt and .md files of a folder and shows what changes; with --write each changed file is replaced in one step.
using System.Text;
using DiffPlex.Renderer;
using HybridGen;
using HybridGen.Revising;

var write = args.Contains("--write");
var folder = args.FirstOrDefault(argument => !argument.StartsWith("--", StringComparison.Ordinal)) ?? CopyOfOwnTexts();
if (!Directory.Exists(folder))
{
    await Console.Error.WriteLineAsync($"There is no folder '{folder}'.");
    return 1;
}

await using var engine = new HybridGenEngine();
var (files, changed) = (0, 0);
foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(IsText).Order(StringComparer.Ordinal))
{
    files++;
    if (await FixAsync(file)) changed++;
}

Console.WriteLine($"{files} files, {changed} with changes{(write ? ", written" : changed > 0 ? "; --write makes them" : "")}.");
return 0;

static bool IsText(string file) => Path.GetExtension(file).ToUpperInvariant() is ".TXT" or ".MD";

async Task<bool> FixAsync(string file)
{
    // Bytes in, bytes out: a byte order mark is a character of the text here, and line ends are never touched.
    var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    var name = Path.GetRelativePath(folder, file).Replace('\\', '/');
    string text;
    try
    {
        text = encoding.GetString(await File.ReadAllBytesAsync(file));
    }
    catch (DecoderFallbackException)
    {
        await Console.Error.WriteLineAsync($"{name} is not UTF-8; it was left as it is.");
        return false;
    }

    // Code, addresses and identifiers stay by themselves; Markdown's fences and `code` are known.
    var revision = await engine.ReviseAsync(text, ReviseOptions.Fix);
    if (revision.Edits.Count == 0) return false;
    Console.Write(UnidiffRenderer.GenerateUnidiff(text, revision.Output, $"a/{name}", $"b/{name}", contextLines: 1));
    if (write) await ReplaceAsync(file, encoding.GetBytes(revision.Output));
    return true;
}

// A file is the old or the new one at every moment: what is written beside it takes its place only when it is complete.
static async Task ReplaceAsync(string file, byte[] bytes)
{
    var beside = $"{file}.{Path.GetRandomFileName()}";
    try
    {
        await File.WriteAllBytesAsync(beside, bytes);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(beside, File.GetUnixFileMode(file));
        File.Move(beside, file, overwrite: true);
    }
    finally
    {
        File.Delete(beside);
    }
}

// The texts that come with the sample, in a folder of their own: --write can be tried.
static string CopyOfOwnTexts()
{
    var (own, copy) = (Path.Combine(AppContext.BaseDirectory, "texts"), Directory.CreateTempSubdirectory("fix-folder-").FullName);
    foreach (var file in Directory.EnumerateFiles(own)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
    Console.WriteLine($"No folder was given; a copy of the sample's own texts is in {copy}");
    return copy;
}
