namespace HybridGen.Cli.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("Required command", "")]
    [InlineData("'foo'", "foo")]
    [InlineData("'FILE' missing", "fix")]
    [InlineData("exclude each other", "fix a --json --diff")]
    [InlineData("--in-place needs a file", "fix - --in-place")]
    [InlineData("--max-tokens must be a whole number from 1 to 2147483647, not '0'", "generate x --max-tokens 0")]
    [InlineData("--seed must be a whole number", "generate x --seed y")]
    [InlineData("--temperature must be a number above 0 and at most 10", "generate x --temperature 0")]
    [InlineData("--greedy has no use for a --temperature", "generate x --temperature 1 --greedy")]
    [InlineData("--top-p must be a number from 0.001 to 1", "generate x --top-p 2")]
    [InlineData("--top-k must be a whole number", "generate x --top-k -1")]
    [InlineData("--penalty-window must be a whole number", "generate x --penalty-window -1")]
    [InlineData("--mirostat must be a whole number from 1 to 2", "generate x --mirostat 3")]
    [InlineData("--mirostat has no use for a --top-k", "generate x --mirostat 2 --top-k 3")]
    [InlineData("--mirostat-target needs --mirostat", "generate x --mirostat-target 3")]
    [InlineData("--greedy has no use for a --min-p", "generate x --greedy --min-p 0.1")]
    [InlineData("--grammar has no use for a --json-schema", "generate x --grammar a --json-schema b")]
    [InlineData("--logit-bias must be", "generate x --logit-bias 5")]
    [InlineData("--logit-bias must be", "generate x --logit-bias 5=inf")]
    [InlineData("--greedy has no use for a --seed", "generate x --seed 1 --greedy")]
    public void Parse_WrongCommandLine_NamesWhatIsWrong(string expected, string line) =>
        Assert.Contains(expected, CommandLine.Root().Parse(line).Errors[^1].Message, StringComparison.Ordinal);

    [Fact]
    public async Task Run_WrongCommandLine_ExitsWith2() => (await Hybridgen.RunAsync(["fix", "a", "--json", "--diff"])).AssertRefused(2, "exclude each other");
}
