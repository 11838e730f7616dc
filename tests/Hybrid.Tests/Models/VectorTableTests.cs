using HybridGen.Models.Mini;
using HybridGen.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Models;

public sealed class VectorTableTests : IDisposable
{
    private readonly TensorWorker _worker = new(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _worker.Dispose();

    [Fact]
    public Task KeysKeepTheirVectorsWhileTheTableGrows() => _worker.RunAsync(() =>
    {
        using var table = new Squares(most: 10);
        var rows = Enumerable.Range(0, 25).ToDictionary(key => key, table.Row);
        table.Compute();
        Assert.All(rows, pair => Assert.Equal((pair.Key * pair.Key, -pair.Key), table[pair.Value]));
        Assert.Equal((0, 0), table[0]);
        Assert.Equal(rows[7], table.Row(7));
        Assert.Equal(25, table.Computed);
        return true;
    }, Token);

    [Fact]
    public Task AFullTableForgetsAndBeginsAgain() => _worker.RunAsync(() =>
    {
        using var table = new Squares(most: 10);
        foreach (var key in Enumerable.Range(0, 10)) table.Row(key);
        table.Compute();
        table.MakeRoom();
        Assert.Equal(10, table.Row(9));
        table.Row(10);
        table.MakeRoom(); // Also what was asked for and never computed is forgotten.
        Assert.Equal(1, table.Row(5));
        table.Compute();
        Assert.Equal((25, -5), table[1]);
        return true;
    }, Token);

    [Fact]
    public Task WhatFailedIsComputedNextTimeAndNothingIsLeft() => _worker.RunAsync(() =>
    {
        using var table = new Squares(most: 10);
        var before = torch.Tensor.TotalCount;
        var rows = Enumerable.Range(1, 8).Select(table.Row).ToList();
        table.Fails = true;
        Assert.Throws<InvalidOperationException>(table.Compute);
        table.Fails = false;
        rows.Add(table.Row(9));
        table.Compute();
        Assert.Equal(Enumerable.Range(1, 9).Select(key => (key * key, -key)), rows.Select(row => table[row]));
        Assert.Equal(before, torch.Tensor.TotalCount);
        return true;
    }, Token);

    private sealed class Squares(int most) : VectorTable<int>(most, null, CPU, 1, 2)
    {
        public bool Fails { get; set; }

        public int Computed { get; private set; }

        public (int Square, int Negative) this[int row]
        {
            get
            {
                using var scope = NewDisposeScope();
                return ((int)Column(0)[row, 0].item<float>(), (int)Column(1)[row, 1].item<float>());
            }
        }

        protected override int AtOnce => 3;

        protected override Tensor[] Compute(IReadOnlyList<int> keys)
        {
            if (Fails && keys.Contains(5)) throw new InvalidOperationException();
            Computed += keys.Count;
            var all = tensor(keys.Select(key => (float)key).ToArray()).unsqueeze(-1);
            return [all * all, -all.expand(keys.Count, 2)];
        }
    }
}
