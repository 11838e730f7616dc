using System.CommandLine;
using System.Globalization;
using HybridGen.Cli.Catalogue;
using HybridGen.Cli.Display;
using HybridGen.Models;
using HybridGen.Verifying;

namespace HybridGen.Cli;

/// <summary><c>models</c>: what has to do with models rather than with texts.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Lists, fetches, removes and checks models.") { ListCommand.Create(), PullCommand.Create(), RemoveCommand.Create(), VerifyCommand() };

    private static Command VerifyCommand()
    {
        var folder = new Argument<string>("DIR") { Description = "A refiner's folder, or the name of a pulled one, that also has expected.safetensors." };
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda or cuda:N. Default: auto.", HelpName = "NAME", DefaultValueFactory = _ => "auto" };
        var precision = new Option<DenoiserPrecision>("--precision") { Description = "auto, f32, bf16 or f16. Default: f32, in which the expected values were computed.", HelpName = "NAME", DefaultValueFactory = _ => DenoiserPrecision.F32 };
        var tolerance = new Option<double?>("--tolerance") { Description = "Largest difference of a logit that passes. Default: 1e-4 in f32.", HelpName = "X" };
        var threads = OptionRules.WholeNumber("--threads", "Threads of the model. Default: the processors.", 1, 1024);
        device.Reject(value => new DenoiserPlacement { Device = value! });
        tolerance.Reject(value => new VerifyOptions { Tolerance = value });
        var command = new Command("verify", "Computes what a checkpoint's folder expects and says where the engine differs.") { folder, device, precision, tolerance, threads };
        command.SetAction((parsed, cancellationToken) => VerifyAsync(ModelNames.Refiner(parsed.GetValue(folder)!), new VerifyOptions
        {
            Placement = new DenoiserPlacement { Device = parsed.GetValue(device)!, Precision = parsed.GetValue(precision) },
            Tolerance = parsed.GetValue(tolerance),
            Threads = (int?)parsed.GetValue(threads) ?? Environment.ProcessorCount,
        }, cancellationToken));
        return command;
    }

    private static async Task<int> VerifyAsync(string folder, VerifyOptions options, CancellationToken cancellationToken)
    {
        var cases = await CheckpointVerifier.VerifyAsync(folder, options, new Lines(), cancellationToken);
        Terminal.Summarise($"{cases.Count(verified => verified.Passed)} of {Terminal.Count(cases.Count, "case")} as expected");
        return cases.All(verified => verified.Passed) ? ExitCode.Done : ExitCode.Mismatch;
    }

    /// <summary>A line a case, as soon as it is done.</summary>
    private sealed class Lines : IProgress<VerifiedCase>
    {
        public void Report(VerifiedCase value)
        {
            var difference = value.Difference?.ToString("0.0e+0", CultureInfo.InvariantCulture);
            Console.Out.WriteLine($"{(value.Passed ? "ok  " : "FAIL")}  {value.Kind} {value.Name}: {(difference is null ? "" : $"largest difference {difference}, ")}{value.Detail}");
        }
    }
}
