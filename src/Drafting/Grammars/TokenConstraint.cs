namespace HybridGen.Drafting;

/// <summary>Which tokens a draft may go on with so that its text follows a grammar.</summary>
internal sealed class TokenConstraint(Grammar grammar, TokenAlphabet alphabet)
{
    private GrammarState _state = GrammarState.Start(grammar);

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
