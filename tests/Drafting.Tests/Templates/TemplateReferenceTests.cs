using System.Text.Json;

namespace HybridGen.Drafting.Tests.Templates;

/// <summary>What Jinja itself makes of the same templates (tests/fixtures/templates).</summary>
public sealed class TemplateReferenceTests
{
    [Fact]
    public void Render_EachPointOfTheLanguage_IsJinjas()
    {
        var different = Reference("cases.json").Where(one => Differs(one, Text(one, "source"), one.GetProperty("variables"))).Select(one => Text(one, "source"));
        Assert.Empty(different);
    }

    [Fact]
    public void Render_EachFamily_IsJinjas()
    {
        var conversations = Reference("conversations.json").ToDictionary(one => Text(one, "name"), one => one.GetProperty("variables"));
        var different = Reference("families.json")
            .Where(one => Differs(one, Family(Text(one, "family")), conversations[Text(one, "conversation")]))
            .Select(one => $"{Text(one, "family")}: {Text(one, "conversation")}");
        Assert.Empty(different);
    }

    /// <summary>The template that the model brings, whose own prompts are known.</summary>
    [Fact]
    public void Render_TheTemplateOfAModel_IsWhatLlamaCppKnowsItFor()
    {
        var path = Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf");
        LlamaLibrary.EnsureLoaded();
        using var weights = LLama.LLamaWeights.LoadFromFile(new LLama.Common.ModelParams(path) { VocabOnly = true });
        var template = ChatTemplate.Parse(weights.NativeHandle.GetTemplate()!);
        var known = new LLama.LLamaTemplate(weights) { AddAssistant = true }.Add("system", "Be terse.").Add("user", "Hi\n").Add("assistant", "Yes?").Add("user", "No.");
        using var variables = JsonDocument.Parse("""{"messages": [{"role": "system", "content": "Be terse."}, {"role": "user", "content": "Hi\n"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "No."}], "add_generation_prompt": true}""");
        Assert.Equal(System.Text.Encoding.UTF8.GetString(known.Apply()), template.Render(variables.RootElement));
    }

    internal static string Family(string name) => File.ReadAllText(Path.Combine(Folder, "families", $"{name}.jinja"));

    internal static List<JsonElement> Reference(string name) => [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name))).RootElement.EnumerateArray()];

    internal static string Text(JsonElement one, string name) => one.GetProperty(name).GetString()!;

    private static string Folder => Path.Combine(Repository.Root, "tests", "fixtures", "templates");

    private static bool Differs(JsonElement reference, string source, JsonElement variables)
    {
        var expected = reference.TryGetProperty("expected", out var text) ? text.GetString() : null;
        try
        {
            return ChatTemplate.Parse(source).Render(variables, new StandingClock()) != expected;
        }
        catch (ChatTemplateException)
        {
            return expected is not null;
        }
    }

    private sealed class StandingClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 7, 6, 14, 5, 9, TimeSpan.Zero);
    }
}
