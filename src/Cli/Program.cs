using System.Text;
using HybridGen.Cli;
using HybridGen.Cli.Catalogue;
using HybridGen.Cli.Display;
using HybridGen.Cli.Texts;
using HybridGen.Drafting;

// What is written is UTF-8 wherever it goes, as what is read.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
var parsed = CommandLine.Root().Parse(args);
// The last error is the nearest to what was typed: an unknown command is also a missing one.
if (parsed.Errors is [.., var error])
{
    Terminal.Complain($"{error.Message} 'hybridgen --help' shows what is possible.");
    return ExitCode.Usage;
}

try
{
    return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
}
catch (OperationCanceledException)
{
    Terminal.Complain("cancelled.");
    return ExitCode.Cancelled;
}
catch (Exception failure) when (failure is InputException or PullException)
{
    Terminal.Complain(failure.Message);
    return ExitCode.Input;
}
catch (Exception failure) when (failure is DraftingException or HybridGen.RefiningException or ModelUnavailableException)
{
    Terminal.Complain(failure.Message);
    return ExitCode.Model;
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
{
    Terminal.Complain(failure.Message);
    return ExitCode.Input;
}
