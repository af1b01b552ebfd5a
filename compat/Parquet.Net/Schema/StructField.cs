namespace Parquet.Schema;

/// <summary>A group of fields.</summary>
public class StructField : Field, IEquatable<StructField>
{
    public StructField(string name, params Field[] elements) : base(name, SchemaType.Struct)
    {
        ArgumentNullException.ThrowIfNull(elements);
        if (elements.Length == 0) throw new ArgumentException($"The group '{name}' has no fields. Give it one at least.", nameof(elements));
        Fields = [.. elements];
    }

    public IReadOnlyList<Field> Fields { get; }

    internal override IReadOnlyList<Field> Children => Fields;

    public bool Equals(StructField? other) => base.Equals(other);

    public override bool Equals(object? obj) => base.Equals(obj);

    public override int GetHashCode() => base.GetHashCode();

    internal override void Place(FieldPath? parent, int repetition, int definition)
    {
        base.Place(parent, repetition, definition);
        foreach (var field in Fields) field.Place(Path, MaxRepetitionLevel, MaxDefinitionLevel);
    }
}
