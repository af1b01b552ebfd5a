namespace Parquet.Schema;

/// <summary>The fields of a table, top to bottom.</summary>
public class ParquetSchema : IEquatable<ParquetSchema>
{
    public const string PathSeparator = ".";
    public const char PathSeparatorChar = '.';

    private readonly List<Field> fields;

    public ParquetSchema(IEnumerable<Field> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        this.fields = [.. fields];
        if (this.fields.Count == 0) throw new ArgumentException("A schema needs at least one field.", nameof(fields));
        foreach (var field in this.fields) field.Place(null, 0, 0);
        DataFields = [.. Flatten().OfType<DataField>()];
    }

    public ParquetSchema(params Field[] fields) : this((IEnumerable<Field>)fields) { }

    public IReadOnlyList<Field> Fields => fields;

    public Field this[int i] => fields[i];

    /// <summary>The leaves, in the order of the file's columns.</summary>
    public DataField[] DataFields { get; }

    public DataField[] GetDataFields() => DataFields;

    public DataField FindDataField(FieldPath path) =>
        DataFields.FirstOrDefault(f => f.Path.Equals(path)) ?? throw Missing(path.ToString());

    public DataField FindDataField(string path) =>
        DataFields.FirstOrDefault(f => f.Path.ToString() == path) ?? throw Missing(path);

    /// <summary>All fields, parents before their children.</summary>
    public IReadOnlyCollection<Field> Flatten()
    {
        var all = new List<Field>();
        foreach (var field in fields) Add(field);
        return all;

        void Add(Field field)
        {
            all.Add(field);
            foreach (var child in field.Children) Add(child);
        }
    }

    public bool Equals(ParquetSchema? other) => other != null && fields.SequenceEqual(other.fields);

    public string GetNotEqualsMessage(ParquetSchema other, string thisName, string otherName)
    {
        if (fields.Count != other.fields.Count) return $"{thisName} has {fields.Count} fields, {otherName} has {other.fields.Count}.";
        int at = Enumerable.Range(0, fields.Count).FirstOrDefault(i => !fields[i].Equals(other.fields[i]), -1);
        return at < 0 ? "The schemas are the same." : $"Field {at}: {thisName} has {fields[at]}, {otherName} has {other.fields[at]}.";
    }

    public override bool Equals(object? obj) => Equals(obj as ParquetSchema);

    public override int GetHashCode() => fields.Aggregate(17, HashCode.Combine);

    public override string ToString() => string.Join(", ", fields);

    private ArgumentException Missing(string path) =>
        new($"There is no column '{path}'. There are: {string.Join(", ", DataFields.Select(f => f.Path.ToString()))}.");
}
