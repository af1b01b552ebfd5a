using Parquet.Meta;

namespace Parquet.Schema;

/// <summary>Makes the footer's flat list of elements out of fields.</summary>
internal static class SchemaWriter
{
    public static List<SchemaElement> Write(ParquetSchema schema)
    {
        var elements = new List<SchemaElement> { new() { Name = "root", NumChildren = schema.Fields.Count } };
        foreach (var field in schema.Fields) Add(field, elements);
        return elements;
    }

    private static void Add(Field field, List<SchemaElement> elements)
    {
        switch (field)
        {
            case DataField leaf:
                leaf.SchemaElement ??= LogicalTypes.ToElement(leaf);
                elements.Add(leaf.SchemaElement);
                break;
            case ListField list:
                elements.Add(Group(list, 1, ConvertedType.LIST, LogicalKind.LIST));
                if (list.Container != null) elements.Add(Repeated(list.Container, 1));
                Add(list.Item, elements);
                break;
            case MapField map:
                elements.Add(Group(map, 1, ConvertedType.MAP, LogicalKind.MAP));
                elements.Add(Repeated(map.Container, 2));
                Add(map.Key, elements);
                Add(map.Value, elements);
                break;
            default:
                elements.Add(Group(field, field.Children.Count, null, null));
                foreach (var child in field.Children) Add(child, elements);
                break;
        }
    }

    private static SchemaElement Group(Field field, int children, ConvertedType? converted, LogicalKind? logical) => new()
    {
        Name = field.Name,
        RepetitionType = field.Repetition,
        NumChildren = children,
        ConvertedType = converted,
        LogicalType = logical is { } kind ? new LogicalType(kind) : null,
    };

    private static SchemaElement Repeated(string name, int children) =>
        new() { Name = name, RepetitionType = FieldRepetitionType.REPEATED, NumChildren = children };
}
