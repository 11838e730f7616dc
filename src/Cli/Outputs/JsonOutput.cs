using System.Text.Encodings.Web;
using System.Text.Json;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>One line of JSON for each text: the revised text, its edits with their places in the input, and what it took.</summary>
internal sealed class JsonOutput : Output
{
    private readonly Stream _stream;
    private readonly Utf8JsonWriter _json;
    private readonly List<PlacedEdit> _edits = [];
    private Place _place = new(0, 1, 0);
    private int _words;
    private TimeSpan _duration;

    public JsonOutput(Stream stream, string name)
    {
        _stream = stream;
        _json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.WriteStartObject();
        _json.WriteString("file", name);
        _json.WritePropertyName("text");
    }

    public override void Write(Revision block)
    {
        _json.WriteStringValueSegment(block.Output, isFinalSegment: false);
        _json.Flush();
        var passed = 0;
        foreach (var edit in block.Edits)
        {
            _place = _place.After(block.Input.AsSpan(passed, edit.Span.Start - passed));
            passed = edit.Span.Start;
            _edits.Add(new PlacedEdit(_place, edit));
        }

        _place = _place.After(block.Input.AsSpan(passed));
        _words += block.Words;
        _duration += block.Duration;
    }

    public override void Finish()
    {
        _json.WriteStringValueSegment("", isFinalSegment: true);
        _json.WritePropertyName("edits");
        JsonSerializer.Serialize(_json, _edits.ConvertAll(edit => edit.ToReport()), Reports.Json);
        _json.WriteNumber("words", _words);
        _json.WriteNumber("seconds", Math.Round(_duration.TotalSeconds, 3));
        _json.WriteEndObject();
        _json.Flush();
        _stream.WriteByte((byte)'\n');
    }

    public override void Dispose() => _json.Dispose();

    /// <summary>A place in a text: its offset in UTF-16 code units, its line from 1, and where that line begins.</summary>
    private readonly record struct Place(long Offset, int Line, long LineStart)
    {
        public Place After(ReadOnlySpan<char> text)
        {
            var lastEnd = text.LastIndexOf('\n');
            return new Place(Offset + text.Length, Line + text.Count('\n'), lastEnd < 0 ? LineStart : Offset + lastEnd + 1);
        }
    }

    private sealed record PlacedEdit(Place Place, Edit Edit)
    {
        public EditReport ToReport() => EditReport.Of(Edit, Place.Offset, Place.Line, (int)(Place.Offset - Place.LineStart) + 1);
    }
}
