using System.CommandLine;
using HybridGen.Cli.Display;

namespace HybridGen.Cli.Catalogue;

/// <summary><c>models pull</c>: brings a model of the catalogue, or a GGUF file by its address, into the cache.</summary>
internal sealed class PullCommand
{
    private readonly Argument<string> _model = new("NAME|URL") { Description = "A name of 'models list', or the address of a GGUF file." };
    private readonly Option<string?> _sha256 = new("--sha256") { Description = "The SHA-256 that the file must have, in hex.", HelpName = "HEX" };

    public static Command Create()
    {
        var pull = new PullCommand();
        pull._sha256.Reject(digits => digits is null || WantedFile.IsSha256(digits) ? "" : throw new ArgumentException($"'{digits}' is not 64 hexadecimal digits."));
        var command = new Command("pull", "Fetches a model into the cache, goes on where an earlier try ended, and checks what arrived.") { pull._model, pull._sha256 };
        command.SetAction(pull.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (cache, hub) = (ModelCache.Open(), Hub.Open());
        var (name, files) = Wanted(parsed.GetRequiredValue(_model), parsed.GetValue(_sha256)?.ToLowerInvariant(), hub);
        using var download = new FileDownload(hub, new DownloadOptions());
        try
        {
            await new ModelPull(cache, download, TransferProgress.ShowAsync, Console.Out.WriteLine).RunAsync(name, files, cancellationToken);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            var kept = files.Select(file => FileDownload.Kept(Path.Combine(cache.PathOf(name), file.Name) + Origin.Part)).FirstOrDefault(text => text.Length > 0);
            Terminal.Complain($"cancelled.{kept}");
            return ExitCode.Cancelled;
        }
    }

    private static (string Name, IReadOnlyList<WantedFile> Files) Wanted(string named, string? sha256, Hub hub)
    {
        if (named.Contains("://", StringComparison.Ordinal)) return Addressed(named, sha256);
        var model = ModelCatalogue.Read().FirstOrDefault(known => known.Name.Equals(named, StringComparison.OrdinalIgnoreCase))
            ?? throw new PullException($"'{named}' is not in the catalogue; 'hybridgen models list' shows what is, and the https address of a GGUF file will do too.");
        if (sha256 is not null && model.Files.Count > 1) throw new PullException($"'{model.Name}' has {model.Files.Count} files; --sha256 is for one.");
        return (model.Name, [.. model.Files.Select(file => new WantedFile(
            file.Path, model.Address(file, hub.Endpoint), file.Size, sha256 ?? file.Sha256, sha256 is null ? "the catalogue" : "--sha256", file.Optional))]);
    }

    private static (string Name, IReadOnlyList<WantedFile> Files) Addressed(string named, string? sha256)
    {
        if (!Uri.TryCreate(named, UriKind.Absolute, out var address)) throw new PullException($"'{named}' is no address.");
        var file = Uri.UnescapeDataString(address.Segments[^1]);
        var name = Path.GetFileNameWithoutExtension(file);
        if (!ModelCache.IsName(file) || name.Length == 0 || !file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            throw new PullException($"'{named}' does not end with the name of a GGUF file; a refiner's files must be in the catalogue.");
        if (ModelCatalogue.Read().Any(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            throw new PullException($"'{name}' is another model's name in the catalogue; pull that, or fetch '{named}' by other means and give its path.");
        return (name, [new WantedFile(file, address, null, sha256, "--sha256")]);
    }
}
