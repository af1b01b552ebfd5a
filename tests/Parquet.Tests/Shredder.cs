using System.Globalization;
using System.Text.Json;
using global::Parquet.Schema;

namespace DataflowRlhf.Parquet.Tests;

/// <summary>Takes rows in JSON apart into one leaf's items and levels: the format's own procedure, done a second time.</summary>
internal static class Shredder
{
    public static List<string> Leaf(ParquetSchema schema, DataField leaf, JsonElement columns)
    {
        var top = schema.Fields.Single(f => f.Path.Equals(new FieldPath(leaf.Path[0])));
        var rows = columns.EnumerateArray().First(c => c.GetProperty("name").GetString() == top.Name).GetProperty("values");
        var items = new List<string>();
        foreach (var row in rows.EnumerateArray()) Add(top, row, 0, 0);
        return items;

        void Add(Field field, JsonElement value, int repetition, int definitionAbove)
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                items.Add(Tests.Leaf.Item(null, repetition, definitionAbove));
                return;
            }
            switch (field)
            {
                case DataField data:
                    items.Add(Tests.Leaf.Item(Word(data, value), repetition, data.MaxDefinitionLevel));
                    break;
                case StructField group:
                    var child = group.Fields.First(Leads);
                    Add(child, value.GetProperty(child.Name), repetition, group.MaxDefinitionLevel);
                    break;
                case ListField list:
                    bool twoLevels = list.Item.Path.Length == list.Path.Length + 1;
                    AddAll(list.Item, [.. value.EnumerateArray()], repetition, twoLevels ? list.MaxRepetitionLevel + 1 : list.MaxRepetitionLevel, twoLevels ? list.MaxDefinitionLevel : list.MaxDefinitionLevel - 1);
                    break;
                case MapField map:
                    bool key = Leads(map.Key);
                    AddAll(key ? map.Key : map.Value, [.. value.EnumerateArray().Select(pair => pair[key ? 0 : 1])], repetition, map.MaxRepetitionLevel, map.MaxDefinitionLevel - 1);
                    break;
            }
        }

        void AddAll(Field item, List<JsonElement> values, int first, int next, int whenEmpty)
        {
            if (values.Count == 0) items.Add(Tests.Leaf.Item(null, first, whenEmpty));
            for (int i = 0; i < values.Count; i++) Add(item, values[i], i == 0 ? first : next, whenEmpty + 1);
        }

        bool Leads(Field field) => leaf.Path.Length >= field.Path.Length && Enumerable.Range(0, field.Path.Length).All(i => leaf.Path[i] == field.Path[i]);
    }

    private static string Word(DataField field, JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        if (field.ClrType == typeof(float)) return Tests.Leaf.Number(float.Parse(text, CultureInfo.InvariantCulture));
        if (field.ClrType == typeof(double) || field.ClrType == typeof(Half)) return Tests.Leaf.Number(double.Parse(text, CultureInfo.InvariantCulture));
        bool nanoseconds = field is DateTimeDataField { DateTimeFormat: DateTimeFormat.Timestamp, Unit: DateTimeTimeUnit.Nanos };
        return nanoseconds ? (FloorToTicks(long.Parse(text, CultureInfo.InvariantCulture)) * 100).ToString(CultureInfo.InvariantCulture) : text;
    }

    /// <summary>A DateTime counts in 100 ns.</summary>
    private static long FloorToTicks(long nanoseconds) => nanoseconds >= 0 ? nanoseconds / 100 : (nanoseconds - 99) / 100;
}
