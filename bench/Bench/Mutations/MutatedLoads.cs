using HybridGen.Drafting;
using HybridGen.Tests;

namespace HybridGen.Bench.Mutations;

/// <summary>Loads damaged models and drafts with them, in a process that may die of it: a line for each says what came of it.</summary>
internal static class MutatedLoads
{
    private static readonly DraftOptions Few = new() { MaxTokens = 4, Sampling = new Sampling.Greedy() };

    private static readonly GgufWriter[] Models = [TinyModels.Llama(), TinyModels.Llama(2).WithBytePairs(), TinyModels.Mamba()];

    /// <summary>Loads the damages of some numbers.</summary>
    /// <param name="first">The first number.</param>
    /// <param name="end">Just past the last.</param>
    /// <param name="file">A file for the damaged models.</param>
    public static async Task RunAsync(int first, int end, string file)
    {
        var sound = Models.Select(model => (Bytes: model.ToArray(), model.Fields, model.DataStart)).ToList();
        for (var number = first; number < end; number++)
        {
            var (bytes, fields, dataStart) = sound[number % sound.Count];
            var (damaged, kind) = GgufMutation.Make(bytes, fields, dataStart, number);
            await File.WriteAllBytesAsync(file, damaged);
            Console.WriteLine($"{number}\t{kind}\t{await LoadAsync(file)}");
        }
    }

    private static async Task<string> LoadAsync(string file)
    {
        try
        {
            await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = file, ContextSize = 64, Threads = 1 });
            await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw("The old town, 日本"), Few));
            return "worked";
        }
        catch (DraftingException)
        {
            return "refused";
        }
        catch (Exception failure)
        {
            return $"{failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}";
        }
    }
}
