namespace Parquet.Schema;

/// <summary>A list: an optional group around a repeated group around the item (<c>ids/list/element</c>).</summary>
public sealed class ListField : Field
{
    public const string ElementName = "element";
    public const string DefaultContainerName = "list";

    public ListField(string name, Field item, string containerName = DefaultContainerName) : base(name, SchemaType.List)
    {
        ArgumentNullException.ThrowIfNull(item);
        Item = item;
        Container = containerName;
    }

    public ListField(string name, Type itemDataType, string? propertyName = null, string containerName = DefaultContainerName, string? elementName = null)
        : this(name, new DataField(elementName ?? ElementName, itemDataType), containerName) { }

    /// <summary>A list of the older kind, in which the item itself is repeated.</summary>
    internal ListField(string name, Field repeatedItem, bool itemIsRepeated) : this(name, repeatedItem) => Container = itemIsRepeated ? null : DefaultContainerName;

    public Field Item { get; }

    /// <summary>The repeated group's name; null where the item itself is repeated.</summary>
    internal string? Container { get; }

    internal override IReadOnlyList<Field> Children => [Item];

    public override bool Equals(object? obj) => base.Equals(obj) && ((ListField)obj!).Container == Container;

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Item);

    internal override void Place(FieldPath? parent, int repetition, int definition)
    {
        base.Place(parent, repetition, definition);
        if (Container == null)
        {
            Item.Place(Path, MaxRepetitionLevel, MaxDefinitionLevel);
            return;
        }
        MaxRepetitionLevel++;
        MaxDefinitionLevel++;
        Item.Place(Path + new FieldPath(Container), MaxRepetitionLevel, MaxDefinitionLevel);
    }
}
