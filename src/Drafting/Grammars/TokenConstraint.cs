using System.Text;

namespace HybridGen.Drafting;

/// <summary>Which tokens a draft may go on with so that its text follows a grammar.</summary>
/// <param name="grammar">The grammar.</param>
/// <param name="alphabet">What the tokens write.</param>
/// <param name="written">What of the text stands there already.</param>
internal sealed class TokenConstraint(Grammar grammar, TokenAlphabet alphabet, string written = "")
{
    private GrammarState _state = GrammarState.Start(grammar).After(Encoding.UTF8.GetBytes(written)) ?? throw new DraftingException("The text cannot go on as it must: what stands there already is not the beginning of such a text.");

    /// <summary>Whether a token may come next; one that ends the text only where the text is complete.</summary>
    public bool Allows(int id) => alphabet.Ends[id] ? _state.IsComplete : alphabet.Bytes[id].Length > 0 && _state.After(alphabet.Bytes[id]) is not null;

    /// <summary>All tokens that may come next, by id.</summary>
    public bool[] Allowed()
    {
        var allowed = new bool[alphabet.Bytes.Length];
        if (_state.IsComplete) Array.Copy(alphabet.Ends, allowed, allowed.Length);
        _state.Allow(alphabet.After(_state.Rest), allowed);
        return allowed;
    }

    /// <summary>Goes on after a token that is allowed.</summary>
    public void Accept(int id)
    {
        if (!alphabet.Ends[id]) _state = _state.After(alphabet.Bytes[id]) ?? throw new InvalidOperationException($"Token {id} is not allowed here.");
    }
}
