using Parquet.Meta;
using Parquet.Thrift;

namespace Parquet.Schema;

/// <summary>Makes fields of the footer's flat list of elements. Annotated groups become lists and maps; the older ways to write lists are known.</summary>
internal sealed class SchemaReader(IReadOnlyList<SchemaElement> elements, ParquetOptions options)
{
    private const int DeepestNesting = CompactReader.DeepestNesting;

    private int next;

    public ParquetSchema Read()
    {
        if (elements.Count == 0) throw new ParquetException("The footer's schema is empty. The file is damaged; write it again.");
        var root = Take();
        var fields = ReadChildren(root, 0);
        if (next != elements.Count) throw new ParquetException($"The schema's groups have {next} elements together, but {elements.Count} are listed. The file is damaged; write it again.");
        return new ParquetSchema(fields);
    }

    private SchemaElement Take() =>
        next < elements.Count ? elements[next++] : throw new ParquetException($"The schema's groups have more children than the {elements.Count} elements that are listed. The file is damaged; write it again.");

    private List<Field> ReadChildren(SchemaElement group, int depth)
    {
        int count = group.NumChildren ?? 0;
        if (count <= 0 || count > elements.Count - next) throw new ParquetException($"The group '{group.Name}' says it has {count} children, but {elements.Count - next} elements follow. The file is damaged; write it again.");
        if (depth > DeepestNesting) throw new ParquetException($"The schema nests deeper than {DeepestNesting} groups; such files are not read.");
        var fields = new List<Field>();
        for (int i = 0; i < count; i++) fields.Add(ReadField(depth + 1));
        return fields;
    }

    private Field ReadField(int depth)
    {
        var element = Take();
        if (element.RepetitionType is not { } repetition || !Enum.IsDefined(repetition))
            throw new ParquetException($"The field '{element.Name}' has the repetition {(int?)element.RepetitionType}; 0, 1 and 2 are possible. The file is damaged; write it again.");
        Field field = element.Type == null || element.NumChildren > 0
            ? ReadGroup(element, depth)
            : LogicalTypes.ToField(element, options);
        field.Repetition = repetition;
        field.SchemaElement = element;
        return field;
    }

    private Field ReadGroup(SchemaElement element, int depth)
    {
        if (element.Type != null) throw new ParquetException($"The field '{element.Name}' has both a type and children. The file is damaged; write it again.");
        var children = ReadChildren(element, depth);
        if (IsList(element) && children is [{ Repetition: FieldRepetitionType.REPEATED } item]) return List(element, item);
        if (IsMap(element) && children is [StructField { Repetition: FieldRepetitionType.REPEATED, Fields: [var key, var value] } pairs])
        {
            var keyRepetition = key.Repetition;
            var map = new MapField(element.Name, key, value) { Container = pairs.Name };
            key.Repetition = keyRepetition; // as the file has it, or the levels would not fit
            return map;
        }
        return new StructField(element.Name, [.. children]);
    }

    /// <summary>The rules for older files are those of the format's LogicalTypes.md, "Backward-compatibility rules" of lists.</summary>
    private static ListField List(SchemaElement element, Field repeated)
    {
        bool isContainer = repeated is StructField { Fields: [{ Repetition: not FieldRepetitionType.REPEATED }] } group
            && group.Name != "array" && group.Name != element.Name + "_tuple";
        return isContainer
            ? new ListField(element.Name, ((StructField)repeated).Fields[0], repeated.Name)
            : new ListField(element.Name, repeated, itemIsRepeated: true);
    }

    private static bool IsList(SchemaElement element) =>
        element.ConvertedType == ConvertedType.LIST || element.LogicalType?.Kind == LogicalKind.LIST;

    private static bool IsMap(SchemaElement element) =>
        element.ConvertedType is ConvertedType.MAP or ConvertedType.MAP_KEY_VALUE || element.LogicalType?.Kind == LogicalKind.MAP;
}
