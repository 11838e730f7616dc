using System.CommandLine;
using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Models.Mini;
using HybridGen.Protecting;
using HybridGen.Revising;
using HybridGen.Tokens;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Bench;

/// <summary><c>mini-forward</c>: the mini refiner's forward beside a plain matrix product, in turn, and where the time of a first look goes.</summary>
internal static class MiniForwardBench
{
    private const int Side = 1024;
    private const double Giga = 1e9;
    private const int Products = 8;
    private const double ProductOperations = 2.0 * Side * Side * Side * Products;

    private static readonly Option<FileInfo> Source = new Option<FileInfo>("--source") { Required = true, Description = "Text whose windows go through the network." }.AcceptExistingOnly();
    private static readonly Option<int> BatchCount = new("--batches") { Description = "Batches of it.", DefaultValueFactory = _ => 6 };

    public static Command Command()
    {
        var command = new Command("mini-forward", "Compares the mini refiner's forward with a plain matrix product.") { Source, BatchCount, Models.Refiner, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        using var worker = new TensorWorker(arguments.GetValue(Models.Threads));
        var report = await worker.RunAsync(() => Measure(arguments), cancellationToken);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static Report Measure(ParseResult arguments)
    {
        var folder = arguments.GetValue(Models.Refiner)!;
        var denoiser = MiniDenoiser.Load(folder, MiniConfig.Read(folder));
        using var scorer = new MiniScorer(denoiser);
        using var forms = new FormVectors(denoiser);
        var windows = new TextWindows(CandidateSource.Read(folder), new WordEncoder(Tokenizer.Load(folder)), new Protection(), Segmenter.WindowSlots);
        var text = File.ReadAllText(arguments.GetValue(Source)!.FullName);
        List<List<Canvas>> batches = [];
        var building = Lap.Of(() => batches = [.. Batches.Of(windows.Read(text)).Take(arguments.GetValue(BatchCount))]);
        var scoringNew = Total(batches, batch => scorer.Score(batch));
        Total(batches, batch => Forward(batch, denoiser, forms));

        List<Lap> forwards = [], products = [], scores = [];
        for (var run = 0; run < Math.Max(1, arguments.GetValue(Models.Runs)); run++)
        {
            products.Add(Product());
            forwards.Add(Total(batches, batch => Forward(batch, denoiser, forms)));
            products.Add(Product());
            scores.Add(Total(batches, batch => scorer.Score(batch)));
        }

        return Describe(batches, denoiser.Config, arguments.GetValue(Models.Threads), building, scoringNew, products, forwards, scores);
    }

    private static Lap Total(List<List<Canvas>> batches, Action<List<Canvas>> work) => batches.Aggregate(default(Lap), (sum, batch) => sum + Lap.Of(() => work(batch)));

    private static void Forward(List<Canvas> batch, MiniDenoiser denoiser, FormVectors forms)
    {
        using var scope = NewDisposeScope();
        new MiniBatch(batch, denoiser.Config, forms).Hidden(denoiser);
    }

    private static Lap Product()
    {
        using var scope = NewDisposeScope();
        var (a, b, product) = (randn(Side, Side), randn(Side, Side), empty(Side, Side));
        product.addmm_(a, b, beta: 0, alpha: 1);
        return Lap.Of(() =>
        {
            for (var i = 0; i < Products; i++) product.addmm_(a, b, beta: 0, alpha: 1);
        });
    }

    /// <summary>Operations of the blocks for slots that are in use: matrices and attention; norms, rotary positions and embeddings are left out.</summary>
    private static double Operations(IEnumerable<Canvas> canvases, MiniConfig config)
    {
        double d = config.HiddenSize, inner = config.IntermediateSize;
        return canvases.Sum(canvas => canvas.Length * config.Layers * (2 * (4 * d * d + 2 * d * inner) + 4 * canvas.Length * d));
    }

    private static Report Describe(
        List<List<Canvas>> batches, MiniConfig config, int threads, Lap building, Lap scoringNew, List<Lap> products, List<Lap> forwards, List<Lap> scores)
    {
        var canvases = batches.SelectMany(batch => batch).ToList();
        var operations = Operations(canvases, config);
        var report = new Report("mini refiner: forward and matrix product");
        report.Add("threads", threads);
        report.Add("windows in batches", $"{canvases.Count} in {batches.Count}");
        report.Add("slots", canvases.Sum(canvas => canvas.Length));
        Compare(report, "clock", lap => lap.Seconds);
        Compare(report, "processor time", lap => lap.ProcessorSeconds / threads);
        var score = Median(scores);
        report.Add("words to windows with candidates", building.ProcessorSeconds, "processor s");
        report.Add("first look, all words new", scoringNew.ProcessorSeconds, "processor s");
        report.Add("first look, all words known", score, "processor s");
        report.Add("of that the forward", Median(forwards), "processor s");
        report.Add("of that inputs, pointer and sums", score - Median(forwards), "processor s");
        return report;

        double Median(List<Lap> laps) => Machine.Median(laps.Select(lap => lap.ProcessorSeconds));

        void Compare(Report report, string name, Func<Lap, double> time)
        {
            var ratios = forwards.Select((lap, i) => operations / time(lap) / (ProductOperations / ((time(products[2 * i]) + time(products[2 * i + 1])) / 2)));
            report.Add($"product of {Side} x {Side}, {name}", ProductOperations / Machine.Median(products.Select(time)) / Giga, "GFLOP/s");
            report.Add($"forward, {name}", operations / Machine.Median(forwards.Select(time)) / Giga, "GFLOP/s");
            report.Add($"forward over product, {name}, median of {forwards.Count}", Machine.Median(ratios));
        }
    }
}
