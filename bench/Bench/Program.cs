using System.CommandLine;
using HybridGen.Bench;

var root = new RootCommand("Measures HybridGen: every number in the documents comes from one of these commands.")
{
    FixBench.Command(),
    GenerateBench.Command(),
    CompareBench.Command(),
};
return await root.Parse(args).InvokeAsync();
