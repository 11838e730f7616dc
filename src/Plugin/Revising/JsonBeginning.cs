using System.Text;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Revising;

/// <summary>Finds out from the first signs of a streamed message whether it is JSON.</summary>
internal sealed class JsonBeginning
{
    private readonly StringBuilder _beginning = new();
    private string? _message;
    private bool? _isJson;

    /// <summary>Whether the message that an update belongs to is JSON, as far as can be said.</summary>
    public bool IsWithin(ChatResponseUpdate update)
    {
        if (update.MessageId is { } message && message != _message)
        {
            (_message, _isJson) = (message, null);
            _beginning.Clear();
        }

        return IsWithin(update.Text);
    }

    /// <summary>Whether the one message that a text belongs to is JSON, as far as can be said.</summary>
    public bool IsWithin(string text)
    {
        if (_isJson is null && text.Length > 0) _isJson = RevisedAnswer.IsJson(_beginning.Append(text).ToString());
        return _isJson == true;
    }
}
