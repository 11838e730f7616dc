using System.Diagnostics;
using HybridGen.Drafting;

namespace HybridGen.Telemetry;

/// <summary>What a draft is asked for, under the names of the semantic conventions for generative AI.</summary>
internal static class RequestTags
{
    public static void Set(Activity span, DraftOptions options)
    {
        span.SetTag("gen_ai.request.max_tokens", options.MaxTokens).SetTag("gen_ai.output.type", options.Constraint is OutputConstraint.AnyJson or OutputConstraint.JsonSchema ? "json" : "text");
        if (options.StopStrings.Count > 0) span.SetTag("gen_ai.request.stop_sequences", options.StopStrings.ToArray());
        if (options.Sampling is Sampling.Greedy) span.SetTag("gen_ai.request.temperature", 0.0);
        if (options.Sampling is Sampling.Random random) Set(span, random);
        if (options.Sampling.Penalties is { } penalties)
            span.SetTag("gen_ai.request.frequency_penalty", penalties.Frequency).SetTag("gen_ai.request.presence_penalty", penalties.Presence);
    }

    private static void Set(Activity span, Sampling.Random random)
    {
        span.SetTag("gen_ai.request.temperature", random.Temperature).SetTag("gen_ai.request.top_p", random.TopP).SetTag("gen_ai.request.top_k", random.TopK);
        if (random.Seed is { } seed) span.SetTag("gen_ai.request.seed", (long)seed);
    }
}
