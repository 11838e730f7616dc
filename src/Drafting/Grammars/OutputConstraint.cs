using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>
/// What a draft's text must look like. Each token is chosen among those with which the text can still become such a text; when it is one and
/// nothing can follow, the draft ends with <see cref="StopReason.EndOfText"/>.
/// </summary>
/// <remarks>
/// A grammar is followed by the whole text, thinking and calls of tools included. JSON is what is said: a thought that the prompt has begun ends before
/// it, and where there are tools one may be called instead. A draft that ends for another reason, <see cref="StopReason.MaxTokens"/> above all, has the beginning of such a text: it is not complete.
/// </remarks>
public abstract record OutputConstraint
{
    private OutputConstraint(Grammar grammar) => Grammar = grammar;

    internal Grammar Grammar { get; }

    /// <summary>Whether it is about what is said, not about the whole text: where a model thinks before, or may call a tool instead, that stays free.</summary>
    internal virtual bool IsOfWhatIsSaid => true;

    /// <summary>A text that follows a grammar in llama.cpp's notation.</summary>
    public sealed record Gbnf : OutputConstraint
    {
        /// <summary>Creates the constraint.</summary>
        /// <param name="text">The grammar. Token literals are refused, and so are rules that begin with themselves or can have no end.</param>
        /// <param name="root">The rule that a text follows.</param>
        /// <exception cref="GrammarFormatException">The grammar cannot be used; the exception says where.</exception>
        public Gbnf(string text, string root = "root") : base(GbnfParser.Parse(NotNull(text, nameof(text)), NotNull(root, nameof(root)))) => (Text, Root) = (text, root);

        /// <summary>The grammar.</summary>
        public string Text { get; }

        /// <summary>The rule that a text follows.</summary>
        public string Root { get; }

        internal override bool IsOfWhatIsSaid => false;
    }

    /// <summary>Any JSON value.</summary>
    public sealed record AnyJson() : OutputConstraint(GbnfParser.Parse(JsonSchemaGrammar.WriteAny(), "root"));

    /// <summary>A JSON value that is valid by a JSON Schema.</summary>
    /// <remarks>docs/json-schema.md lists the keywords that can be honoured and what is narrower than the schema; all else is refused.</remarks>
    public sealed record JsonSchema : OutputConstraint
    {
        /// <summary>Creates the constraint.</summary>
        /// <param name="schema">The schema.</param>
        /// <exception cref="SchemaNotSupportedException">Something in it cannot be honoured; the exception says where.</exception>
        public JsonSchema(JsonElement schema) : this(JsonSchemaGrammar.Write(schema)) { }

        private JsonSchema(string grammar) : base(JsonSchemaGrammar.Parse(grammar)) => Text = grammar;

        /// <summary>The grammar that the schema became, in llama.cpp's notation.</summary>
        public string Text { get; }

        /// <summary>Creates the constraint from a schema's text.</summary>
        /// <exception cref="SchemaNotSupportedException">It is no JSON, or something in it cannot be honoured.</exception>
        public static JsonSchema Parse(string schema)
        {
            ArgumentNullException.ThrowIfNull(schema);
            try
            {
                using var document = JsonDocument.Parse(schema);
                return new JsonSchema(document.RootElement);
            }
            catch (JsonException wrong)
            {
                throw new SchemaNotSupportedException($"The schema is no JSON: {wrong.Message}", wrong);
            }
        }
    }

    private static string NotNull(string? value, string name) => value ?? throw new ArgumentNullException(name);
}
