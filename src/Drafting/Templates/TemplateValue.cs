namespace HybridGen.Drafting;

/// <summary>A value as a template sees it; the types are Python's.</summary>
internal abstract class TemplateValue
{
    private TemplateValue() { }

    /// <summary>Python's word for the type.</summary>
    public abstract string TypeName { get; }

    /// <summary>Python's <c>None</c>.</summary>
    public sealed class None : TemplateValue
    {
        private None() { }

        public static None Value { get; } = new();

        public override string TypeName => "NoneType";
    }

    /// <summary>What is not there; it prints nothing, and what is asked of it fails.</summary>
    /// <param name="what">What was looked for.</param>
    public sealed class Undefined(string what) : TemplateValue
    {
        public string What => what;

        public override string TypeName => "Undefined";
    }

    public sealed class Truth : TemplateValue
    {
        private Truth(bool value) => Value = value;

        public static Truth True { get; } = new(true);

        public static Truth False { get; } = new(false);

        public bool Value { get; }

        public override string TypeName => "bool";
    }

    public sealed class Integer(long value) : TemplateValue
    {
        public long Value => value;

        public override string TypeName => "int";
    }

    public sealed class Real(double value) : TemplateValue
    {
        public double Value => value;

        public override string TypeName => "float";
    }

    public sealed class Text(MarkedText value) : TemplateValue
    {
        public MarkedText Marked => value;

        public string Value => value.Value;

        public override string TypeName => "str";
    }

    /// <summary>A list or a tuple.</summary>
    public sealed class Sequence(IReadOnlyList<TemplateValue> items, bool isTuple = false) : TemplateValue
    {
        public IReadOnlyList<TemplateValue> Items => items;

        public bool IsTuple => isTuple;

        public override string TypeName => isTuple ? "tuple" : "list";
    }

    /// <summary>A dictionary, in the order in which its keys came.</summary>
    public sealed class Mapping : TemplateValue
    {
        private readonly List<KeyValuePair<TemplateValue, TemplateValue>> _pairs = [];
        private readonly Dictionary<object, int> _places = [];

        public IReadOnlyList<KeyValuePair<TemplateValue, TemplateValue>> Pairs => _pairs;

        public override string TypeName => "dict";

        public TemplateValue? Find(TemplateValue key) => _places.TryGetValue(Hash(key), out var place) ? _pairs[place].Value : null;

        public TemplateValue? Find(string key) => _places.TryGetValue(key, out var place) ? _pairs[place].Value : null;

        public Mapping Add(TemplateValue key, TemplateValue value)
        {
            if (_places.TryAdd(Hash(key), _pairs.Count)) _pairs.Add(new(key, value));
            else _pairs[_places[Hash(key)]] = new(_pairs[_places[Hash(key)]].Key, value);
            return this;
        }

        public Mapping Add(string key, TemplateValue value) => Add(Of(key), value);

        /// <summary>What is the same for keys that are equal.</summary>
        private static object Hash(TemplateValue key) => key switch
        {
            Text text => text.Value,
            Integer number => number.Value,
            Truth truth => truth.Value ? 1L : 0L,
            Real real when real.Value == Math.Floor(real.Value) && Math.Abs(real.Value) < long.MaxValue => (long)real.Value,
            Real real => real.Value,
            None => typeof(None),
            Sequence { IsTuple: true } tuple => (1, PythonText.Repr(tuple, new TemplateBudget()).Value),
            _ => throw new ChatTemplateException($"a value of type '{key.TypeName}' cannot be a dictionary's key."),
        };
    }

    /// <summary>A namespace: the only value that a template can change.</summary>
    public sealed class Space : TemplateValue
    {
        public Dictionary<string, TemplateValue> Attributes { get; } = new(StringComparer.Ordinal);

        public override string TypeName => "namespace";
    }

    /// <summary>What a loop says of itself.</summary>
    public sealed class Loop(IReadOnlyList<TemplateValue> items) : TemplateValue
    {
        public int Place { get; set; }

        public IReadOnlyList<TemplateValue> Items => items;

        public override string TypeName => "loop";
    }

    /// <summary>A function, a method, a macro.</summary>
    public sealed class Function(string name, Func<TemplateCall, TemplateValue> call) : TemplateValue
    {
        public string Name => name;

        public TemplateValue Call(TemplateCall arguments) => call(arguments);

        public override string TypeName => "function";
    }

    public static TemplateValue Of(bool value) => value ? Truth.True : Truth.False;

    public static Text Of(string value, bool isContent = false) => new(MarkedText.Of(value, isContent));

    public static Sequence List(IEnumerable<TemplateValue> items) => new([.. items]);

    public static Sequence Tuple(params TemplateValue[] items) => new(items, isTuple: true);
}

/// <summary>What a function, filter or test is called with.</summary>
/// <param name="Name">Its name, for what is said of wrong arguments.</param>
/// <param name="Positional">Arguments without names.</param>
/// <param name="Named">Arguments with names.</param>
/// <param name="Budget">Pays for the work.</param>
internal sealed record TemplateCall(string Name, IReadOnlyList<TemplateValue> Positional, IReadOnlyDictionary<string, TemplateValue> Named, TemplateBudget Budget)
{
    private static readonly Dictionary<string, TemplateValue> NoNames = [];

    public static TemplateCall Of(string name, TemplateBudget budget, params TemplateValue[] positional) => new(name, positional, NoNames, budget);

    /// <summary>An argument by its place or name; <see langword="null"/> where it was not given.</summary>
    public TemplateValue? Find(int place, string name) => place < Positional.Count ? Positional[place] : Named.GetValueOrDefault(name);

    public TemplateValue Need(int place, string name) => Find(place, name) ?? throw new ChatTemplateException($"{Name}() needs the argument '{name}'.");

    public MarkedText NeedText(int place, string name) => Need(place, name) is TemplateValue.Text text ? text.Marked : throw new ChatTemplateException($"the argument '{name}' of {Name}() must be a string, not '{Need(place, name).TypeName}'.");

    public long? FindInteger(int place, string name) => Find(place, name) switch
    {
        null or TemplateValue.None => null,
        TemplateValue.Integer number => number.Value,
        TemplateValue.Truth truth => truth.Value ? 1 : 0,
        var other => throw new ChatTemplateException($"the argument '{name}' of {Name}() must be a whole number, not '{other.TypeName}'."),
    };

    public bool IsTrue(int place, string name) => Find(place, name) is { } value && Operators.IsTrue(value);

    /// <summary>The call without its first argument.</summary>
    public TemplateCall Rest(int count) => this with { Positional = [.. Positional.Skip(count)] };
}
