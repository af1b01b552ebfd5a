using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>A node of the schema. Its path and levels are known once it is part of a <see cref="ParquetSchema"/>.</summary>
public abstract class Field
{
    protected Field(string name, SchemaType schemaType)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        SchemaType = schemaType;
        Path = new FieldPath(name);
    }

    public SchemaType SchemaType { get; }

    public string Name { get; }

    public FieldPath Path { get; internal set; }

    public virtual bool IsNullable => Repetition == FieldRepetitionType.OPTIONAL;

    /// <summary>How many lists this field is inside of, itself included.</summary>
    public int MaxRepetitionLevel { get; protected set; }

    /// <summary>The definition level of a value that is there.</summary>
    public int MaxDefinitionLevel { get; protected set; }

    /// <summary>The node of the file that this field was read from.</summary>
    public SchemaElement? SchemaElement { get; internal set; }

    internal FieldRepetitionType Repetition { get; set; } = FieldRepetitionType.OPTIONAL;

    internal abstract IReadOnlyList<Field> Children { get; }

    public override string ToString() => $"{Path} ({SchemaType})";

    public override bool Equals(object? obj) => obj is Field other && other.SchemaType == SchemaType && other.Name == Name && other.Repetition == Repetition && Children.SequenceEqual(other.Children);

    public override int GetHashCode() => HashCode.Combine(SchemaType, Name);

    /// <summary>Gives this field and those below it their path and levels.</summary>
    internal virtual void Place(FieldPath? parent, int repetition, int definition)
    {
        Path = parent + new FieldPath(Name);
        MaxRepetitionLevel = repetition + (Repetition == FieldRepetitionType.REPEATED ? 1 : 0);
        MaxDefinitionLevel = definition + (Repetition == FieldRepetitionType.REQUIRED ? 0 : 1);
    }
}
