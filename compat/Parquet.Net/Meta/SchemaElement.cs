using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>One node of the schema, as the file lists them: parents before their children.</summary>
public sealed class SchemaElement
{
    public Type? Type { get; set; }

    /// <summary>Bytes of a value of fixed length.</summary>
    public int? TypeLength { get; set; }

    public FieldRepetitionType? RepetitionType { get; set; }

    public string Name { get; set; } = string.Empty;

    public int? NumChildren { get; set; }

    public ConvertedType? ConvertedType { get; set; }

    public int? Scale { get; set; }

    public int? Precision { get; set; }

    public int? FieldId { get; set; }

    public LogicalType? LogicalType { get; set; }

    internal static SchemaElement Read(ref CompactReader reader)
    {
        var read = new SchemaElement();
        bool named = false;
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: read.Type = (Type)reader.I32(type); break;
                case 2: read.TypeLength = reader.I32(type); break;
                case 3: read.RepetitionType = (FieldRepetitionType)reader.I32(type); break;
                case 4: read.Name = reader.Text(type); named = true; break;
                case 5: read.NumChildren = reader.I32(type); break;
                case 6: read.ConvertedType = (ConvertedType)reader.I32(type); break;
                case 7: read.Scale = reader.I32(type); break;
                case 8: read.Precision = reader.I32(type); break;
                case 9: read.FieldId = reader.I32(type); break;
                case 10: reader.Struct(type); read.LogicalType = LogicalType.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }
        return named ? read : throw reader.Broken("has a schema element without a name");
    }

    internal void Write(CompactWriter writer)
    {
        writer.I32(1, (int?)Type);
        writer.I32(2, TypeLength);
        writer.I32(3, (int?)RepetitionType);
        writer.Text(4, Name);
        writer.I32(5, NumChildren);
        writer.I32(6, (int?)ConvertedType);
        writer.I32(7, Scale);
        writer.I32(8, Precision);
        writer.I32(9, FieldId);
        if (LogicalType is { } logical) writer.Struct(10, logical.Write);
    }
}
