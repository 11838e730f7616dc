using System.CommandLine;
using System.Diagnostics;
using HybridGen.Models;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Bench;

/// <summary><c>forward</c>: how much of the machine's matrix-product rate a denoiser's forward reaches, on random weights.</summary>
/// <remarks>With one thread on the processor, time is the thread's own, so that other programs on the machine do not count.</remarks>
internal static class ForwardBench
{
    /// <summary>Sides of the square products whose best rate counts as the machine's; a GPU needs larger ones to be busy.</summary>
    private static readonly int[] Squares = [1024, 2048], SquaresOnGpu = [4096, 8192];

    private static readonly Option<string> Family = new("--family") { Description = $"One of {string.Join(", ", RandomCheckpoint.Families)}, or 'all'.", DefaultValueFactory = _ => "all" };
    private static readonly Option<int> Hidden = new("--hidden") { Description = "Hidden size, a multiple of 256.", DefaultValueFactory = _ => 768 };
    private static readonly Option<int> Layers = new("--layers") { Description = "Layers.", DefaultValueFactory = _ => 4 };
    private static readonly Option<int> Batch = new("--batch") { Description = "Canvases side by side.", DefaultValueFactory = _ => 8 };
    private static readonly Option<int> Length = new("--length") { Description = "Positions of a canvas.", DefaultValueFactory = _ => 128 };
    private static readonly Option<DenoiserPrecision> Precision = new("--precision") { Description = "F32, BF16, F16 or auto; the product is measured in the same.", DefaultValueFactory = _ => DenoiserPrecision.F32 };

    public static Command Command()
    {
        var command = new Command("forward", "Measures forwards against matrix products, in turns.") { Family, Hidden, Layers, Batch, Length, Models.Device, Precision, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var placement = new DenoiserPlacement { Device = arguments.GetValue(Models.Device)!, Precision = arguments.GetValue(Precision) };
        var families = arguments.GetValue(Family) == "all" ? RandomCheckpoint.Families : [arguments.GetValue(Family)!];
        using var worker = new TensorWorker(arguments.GetValue(Models.Threads));
        var report = new Report($"forward of hidden size {arguments.GetValue(Hidden)}, {arguments.GetValue(Layers)} layers, {arguments.GetValue(Batch)} canvases of {arguments.GetValue(Length)}, {arguments.GetValue(Precision)}, {arguments.GetValue(Models.Threads)} thread(s)");
        foreach (var family in families)
        {
            using var checkpoint = RandomCheckpoint.Create(family, arguments.GetValue(Hidden), arguments.GetValue(Layers));
            var measure = await worker.RunAsync(() => Measure(checkpoint, placement, arguments), cancellationToken);
            report.Add($"{family}: forward", measure.Forward, "GFLOP/s");
            report.Add($"{family}: matrix product", measure.Product, "GFLOP/s");
            report.Add($"{family}: share", 100 * measure.Forward / measure.Product, "%");
            report.Add($"{family}: tokens", measure.Tokens, "a second");
        }

        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static (double Forward, double Product, double Tokens) Measure(RandomCheckpoint checkpoint, DenoiserPlacement placement, ParseResult arguments)
    {
        using var denoiser = DenoiserLoader.Load(checkpoint.Folder, placement);
        var (batch, length, runs) = (arguments.GetValue(Batch), arguments.GetValue(Length), Math.Max(5, arguments.GetValue(Models.Runs)));
        var clock = Clock(denoiser.Device, arguments.GetValue(Models.Threads));
        var ids = randint(0, 1000, [batch, length], ScalarType.Int64, denoiser.Device);
        var squares = (IsGpu(denoiser.Device) ? SquaresOnGpu : Squares).Select(side => rand([side, side], placement.Resolve().Type, denoiser.Device)).ToArray();
        var (forwards, products) = (new List<double>(), new List<double>());
        for (var run = -1; run < runs; run++)
        {
            var product = squares.Max(square => ProductRate(clock, square, checkpoint.Operations(batch, length)));
            var forward = checkpoint.Operations(batch, length) / Seconds(clock, () => denoiser.Hidden(new DenoiserInput(ids)));
            if (run < 0) continue; // The first one warms up.
            products.Add(product / 1e9);
            forwards.Add(forward / 1e9);
        }

        var rate = forwards.Max(); // The fastest, as what else runs on the machine only ever slows down.
        return (rate, products.Max(), batch * length * rate * 1e9 / checkpoint.Operations(batch, length));
    }

    /// <summary>Operations a second of products that take about as many as a forward: a shorter one would meet a quiet moment more easily.</summary>
    private static double ProductRate(Func<TimeSpan> clock, Tensor square, double operations)
    {
        var each = 2 * Math.Pow(square.shape[0], 3);
        var count = (int)Math.Max(1, Math.Round(operations / each));
        return count * each / Seconds(clock, () =>
        {
            for (var i = 1; i < count; i++) square.mm(square).Dispose();
            return square.mm(square);
        });
    }

    private static double Seconds(Func<TimeSpan> clock, Func<Tensor> work)
    {
        var start = clock();
        using (NewDisposeScope()) work();
        return (clock() - start).TotalSeconds;
    }

    private static bool IsGpu(Device device) => device.type == TorchSharp.DeviceType.CUDA;

    private static Func<TimeSpan> Clock(Device device, int threads)
    {
        if (IsGpu(device))
        {
            return () =>
            {
                cuda.synchronize();
                return Stopwatch.GetElapsedTime(0);
            };
        }

        return threads == 1 ? () => Environment.CpuUsage.TotalTime : () => Stopwatch.GetElapsedTime(0);
    }
}
