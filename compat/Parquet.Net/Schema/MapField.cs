using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>A map: an optional group around repeated pairs of a key, which is never null, and a value.</summary>
public sealed class MapField : Field
{
    internal const string DefaultContainerName = "key_value";

    public MapField(string name, Field keyField, Field valueField) : base(name, SchemaType.Map)
    {
        ArgumentNullException.ThrowIfNull(keyField);
        ArgumentNullException.ThrowIfNull(valueField);
        keyField.Repetition = FieldRepetitionType.REQUIRED;
        Key = keyField;
        Value = valueField;
    }

    public Field Key { get; }

    public Field Value { get; }

    internal string Container { get; init; } = DefaultContainerName;

    internal override IReadOnlyList<Field> Children => [Key, Value];

    public override bool Equals(object? obj) => base.Equals(obj);

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Key, Value);

    internal override void Place(FieldPath? parent, int repetition, int definition)
    {
        base.Place(parent, repetition, definition);
        MaxRepetitionLevel++;
        MaxDefinitionLevel++;
        var path = Path + new FieldPath(Container);
        Key.Place(path, MaxRepetitionLevel, MaxDefinitionLevel);
        Value.Place(path, MaxRepetitionLevel, MaxDefinitionLevel);
    }
}
