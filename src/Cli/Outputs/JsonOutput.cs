using System.Text.Encodings.Web;
using System.Text.Json;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>One line of JSON for each text: the revised text, its edits with their places in the input, and what it took.</summary>
internal sealed class JsonOutput : Output
{
    private readonly Stream _stream;
    private readonly Utf8JsonWriter _json;
    private readonly List<EditReport> _edits = [];
    private TextPlace _place = TextPlace.Start;
    private int _words;
    private int _forwards;
    private TimeSpan _duration;
    private RevisionEnding _ending;

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
        _edits.AddRange(EditReport.All(block.Input, block.Edits, ref _place));
        _words += block.Words;
        _forwards += block.Forwards;
        if (block.IsCutShort) _ending = block.Ending;
        _duration += block.Duration;
    }

    public override void Finish()
    {
        _json.WriteStringValueSegment("", isFinalSegment: true);
        _json.WritePropertyName("edits");
        JsonSerializer.Serialize(_json, _edits, Reports.Json);
        _json.WriteNumber("words", _words);
        _json.WriteNumber("forwards", _forwards);
        _json.WriteString("ending", JsonNamingPolicy.CamelCase.ConvertName(_ending.ToString()));
        _json.WriteNumber("seconds", Math.Round(_duration.TotalSeconds, 3));
        _json.WriteEndObject();
        _json.Flush();
        _stream.WriteByte((byte)'\n');
    }

    public override void Dispose() => _json.Dispose();
}
