using System.Globalization;
using HybridGen.Checkpoints;
using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Verifying;

/// <summary>Inputs and logits of single forwards.</summary>
internal sealed class LogitCases : ICaseKind
{
    public string File => "expected.safetensors";

    public IEnumerable<VerifiedCase> Run(string folder, IDenoiser denoiser, VerifyOptions options)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, File));
        var names = file.Tensors.Keys.Where(name => name.EndsWith(".input_ids", StringComparison.Ordinal)).Select(name => name[..^".input_ids".Length]).Order(StringComparer.Ordinal).ToList();
        if (names.Count == 0) throw new CheckpointFormatException($"'{Path.Combine(folder, File)}' has no cases: no tensor is called NAME.input_ids.");
        foreach (var name in names) yield return new Case(file, Path.Combine(folder, File), name, denoiser, options).Run();
    }

    private sealed class Case(SafetensorsFile file, string path, string name, IDenoiser denoiser, VerifyOptions options)
    {
        public VerifiedCase Run()
        {
            using var scope = NewDisposeScope();
            var ids = Load("input_ids")!;
            var attention = Load("attention_mask")?.ne(0);
            var input = new DenoiserInput(ids) { Attention = attention, Positions = Load("position_ids"), TokenTypes = Load("token_type_ids"), Times = Load("timesteps") };
            CheckShapes(input);
            var meant = Load("valid")?.ne(0) ?? (attention?.dim() == 2 ? attention : ones_like(ids, ScalarType.Bool)); // (B, L)
            var hidden = denoiser.Hidden(input);
            return Compare(Logits()[meant], denoiser.Logits(hidden[meant]), options.Tolerance ?? Tolerance(hidden.dtype));
        }

        private VerifiedCase Compare(Tensor expected, Tensor found, double tolerance)
        {
            var difference = (expected - found).abs().max().item<float>();
            var agreeing = expected.argmax(-1).eq(found.argmax(-1)).sum().item<long>();
            var detail = string.Create(CultureInfo.InvariantCulture, $"top token the same at {agreeing} of {expected.shape[0]} positions, tolerance {tolerance:0.####}");
            return new VerifiedCase("logits", name, difference <= tolerance, difference, detail);
        }

        private Tensor Logits()
        {
            var logits = Load("logits") ?? throw Wrong("logits", "it is missing");
            var size = denoiser.Descriptor.VocabularySize;
            return logits.shape is [var batch, var length, var rows] && batch == Shape("input_ids")[0] && length == Shape("input_ids")[1] && rows == size
                ? logits
                : throw Wrong("logits", $"its shape is [{string.Join(", ", logits.shape)}]; the model's is [{string.Join(", ", Shape("input_ids"))}, {size}]");
        }

        private void CheckShapes(DenoiserInput input)
        {
            if (input.Ids.shape is not [var batch, var length] || batch == 0 || length == 0) throw Wrong("input_ids", "its shape must be [batch, length]");
            if (length > denoiser.Descriptor.MaxPositions) throw Wrong("input_ids", $"it has {length} positions; the model has {denoiser.Descriptor.MaxPositions}");
            if (input.Ids.min().item<long>() < 0 || input.Ids.max().item<long>() >= denoiser.Descriptor.VocabularySize) throw Wrong("input_ids", "an id lies outside of the vocabulary");
            foreach (var (key, tensor) in new[] { ("position_ids", input.Positions), ("token_type_ids", input.TokenTypes), ("valid", Load("valid")) })
                if (tensor is not null && !tensor.shape.AsSpan().SequenceEqual(input.Ids.shape)) throw Wrong(key, "its shape must be that of input_ids");
            if (input.Attention is { } mask && !(mask.shape.AsSpan().SequenceEqual(input.Ids.shape) || (mask.shape is [var rows, 1, var queries, var keys] && rows == batch && queries == length && keys == length)))
                throw Wrong("attention_mask", "its shape must be [batch, length] or [batch, 1, length, length]");
        }

        private long[] Shape(string key) => file.Tensors[$"{name}.{key}"].Shape;

        private Tensor? Load(string key) => file.Tensors.ContainsKey($"{name}.{key}") ? file.Load($"{name}.{key}").to(denoiser.Device) : null;

        private CheckpointFormatException Wrong(string key, string what) => new($"'{path}', tensor '{name}.{key}': {what}.");

        private static double Tolerance(ScalarType type) => type switch
        {
            ScalarType.Float32 => 1e-4,
            ScalarType.Float16 => 0.25,
            _ => 1,
        };
    }
}
