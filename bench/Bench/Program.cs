using System.CommandLine;
using HybridGen;
using HybridGen.Bench;
using HybridGen.Bench.Mutations;
using HybridGen.Drafting;

var root = new RootCommand("Measures HybridGen: every number in the documents comes from one of these commands.")
{
    FixBench.Command(),
    GenerateBench.Command(),
    CompareBench.Command(),
    BareBench.Command(),
    DraftingBench.Command(),
    SameDraftsBench.Command(),
    ForwardBench.Command(),
    MiniForwardBench.Command(),
    LongBench.Command(),
    CallsBench.Command(),
    PipelinesBench.Command(),
    RepeatsBench.Command(),
    FacesBench.Command(),
    GgufMutationsBench.Command(),
};
try
{
    return await root.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is DraftingException or RefiningException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
