using System.Numerics;
using Parquet.File.Values.Primitives;
using Parquet.Meta;
using ParquetType = Parquet.Meta.Type;

namespace Parquet.Schema;

/// <summary>Which CLR type stands for which type of the file, both ways.</summary>
internal static class LogicalTypes
{
    private const int LongestFixed = 1 << 20;

    private static readonly Dictionary<System.Type, (ParquetType Type, ConvertedType? Converted, LogicalType? Logical)> Plain = new()
    {
        [typeof(bool)] = (ParquetType.BOOLEAN, null, null),
        [typeof(sbyte)] = (ParquetType.INT32, ConvertedType.INT_8, Integer(8, true)),
        [typeof(byte)] = (ParquetType.INT32, ConvertedType.UINT_8, Integer(8, false)),
        [typeof(short)] = (ParquetType.INT32, ConvertedType.INT_16, Integer(16, true)),
        [typeof(ushort)] = (ParquetType.INT32, ConvertedType.UINT_16, Integer(16, false)),
        [typeof(int)] = (ParquetType.INT32, null, null),
        [typeof(uint)] = (ParquetType.INT32, ConvertedType.UINT_32, Integer(32, false)),
        [typeof(long)] = (ParquetType.INT64, null, null),
        [typeof(ulong)] = (ParquetType.INT64, ConvertedType.UINT_64, Integer(64, false)),
        [typeof(float)] = (ParquetType.FLOAT, null, null),
        [typeof(double)] = (ParquetType.DOUBLE, null, null),
        [typeof(ReadOnlyMemory<char>)] = (ParquetType.BYTE_ARRAY, ConvertedType.UTF8, new LogicalType(LogicalKind.STRING)),
        [typeof(ReadOnlyMemory<byte>)] = (ParquetType.BYTE_ARRAY, null, null),
        [typeof(DateTime)] = (ParquetType.INT96, null, null),
        [typeof(BigInteger)] = (ParquetType.INT96, null, null),
        [typeof(DateOnly)] = (ParquetType.INT32, ConvertedType.DATE, new LogicalType(LogicalKind.DATE)),
        [typeof(TimeSpan)] = (ParquetType.INT64, ConvertedType.TIME_MICROS, Time(LogicalKind.TIME, TimeUnit.MICROS, true)),
        [typeof(TimeOnly)] = (ParquetType.INT64, ConvertedType.TIME_MICROS, Time(LogicalKind.TIME, TimeUnit.MICROS, true)),
    };

    /// <summary>The field of a leaf in a file.</summary>
    /// <exception cref="ParquetException">The type is unknown, or its length or digits are not possible.</exception>
    public static DataField ToField(SchemaElement element, ParquetOptions options)
    {
        if (element.Type is not { } type || !Enum.IsDefined(type))
            throw new ParquetException($"The column '{element.Name}' has the physical type {(int?)element.Type}; 0 to 7 are possible. The file is damaged; write it again.");
        if (type == ParquetType.FIXED_LEN_BYTE_ARRAY && element.TypeLength is not (> 0 and <= LongestFixed))
            throw new ParquetException($"The column '{element.Name}' has values of {element.TypeLength} bytes; 1 to {LongestFixed} are possible. The file is damaged; write it again.");

        if (Decimal(element, type) is { } digits)
        {
            return options.UseBigDecimal
                ? new DecimalDataField(element.Name, digits.Precision, digits.Scale, type >= ParquetType.BYTE_ARRAY, clrType: typeof(BigDecimal))
                : new DecimalDataField(element.Name, digits.Precision, digits.Scale, type >= ParquetType.BYTE_ARRAY);
        }

        var kind = element.LogicalType?.Kind;
        var converted = element.ConvertedType;
        switch (type)
        {
            case ParquetType.INT32 when kind == LogicalKind.DATE || converted == ConvertedType.DATE:
                return options.UseDateOnlyTypeForDates ? new DataField(element.Name, typeof(DateOnly)) : new DateTimeDataField(element.Name, DateTimeFormat.Date);
            case ParquetType.INT32 or ParquetType.INT64 when kind == LogicalKind.TIME || converted is ConvertedType.TIME_MILLIS or ConvertedType.TIME_MICROS:
                return new TimeDataField(element.Name, Precision(UnitOf(element))) { IsAdjustedToUtc = element.LogicalType?.IsAdjustedToUTC ?? true };
            case ParquetType.INT64 when kind == LogicalKind.TIMESTAMP || converted is ConvertedType.TIMESTAMP_MILLIS or ConvertedType.TIMESTAMP_MICROS:
                return new DateTimeDataField(element.Name, DateTimeFormat.Timestamp, element.LogicalType?.IsAdjustedToUTC ?? true, Unit(UnitOf(element)));
            case ParquetType.INT96 when options.TreatBigIntegersAsDates:
                return new DateTimeDataField(element.Name, DateTimeFormat.Impala);
        }
        return new DataField(element.Name, ClrType(element, type, options));
    }

    /// <summary>The leaf that a field is stored as.</summary>
    /// <exception cref="ParquetException">The CLR type cannot be stored.</exception>
    public static SchemaElement ToElement(DataField field)
    {
        var element = field switch
        {
            DecimalDataField digits => OfDecimal(digits.Precision, digits.Scale, digits.ForceByteArrayEncoding),
            DateTimeDataField moment => OfDateTime(moment),
            TimeDataField time => OfTime(time),
            _ when field.ClrType == typeof(decimal) || field.ClrType == typeof(BigDecimal) => OfDecimal(ParquetOptions.DefaultPrecision, ParquetOptions.DefaultScale, true),
            _ when field.ClrType == typeof(Guid) => Fixed(16, null, LogicalKind.UUID),
            _ when field.ClrType == typeof(Half) => Fixed(2, null, LogicalKind.FLOAT16),
            _ when field.ClrType == typeof(Interval) => Fixed(12, ConvertedType.INTERVAL, null),
            _ when Plain.TryGetValue(field.ClrType, out var plain) => new SchemaElement { Type = plain.Type, ConvertedType = plain.Converted, LogicalType = plain.Logical },
            _ => throw new ParquetException($"The column '{field.Path}' is of type {field.ClrType}, which Parquet cannot store. Use one of: {string.Join(", ", Plain.Keys.Select(t => t.Name))}, Decimal, Guid, Half."),
        };
        element.Name = field.Name;
        element.RepetitionType = field.Repetition;
        if (field.FieldId != 0) element.FieldId = field.FieldId;
        return element;
    }

    /// <summary>The unit of a time or timestamp, however it is annotated.</summary>
    public static TimeUnit UnitOf(SchemaElement element) => element.LogicalType is { Kind: LogicalKind.TIME or LogicalKind.TIMESTAMP } logical
        ? logical.Unit
        : element.ConvertedType is ConvertedType.TIME_MILLIS or ConvertedType.TIMESTAMP_MILLIS ? TimeUnit.MILLIS : TimeUnit.MICROS;

    /// <summary>Bytes that a decimal of so many digits takes, with its sign.</summary>
    public static int BytesFor(int precision) => (int)Math.Ceiling((precision * Math.Log2(10) + 1) / 8);

    private static System.Type ClrType(SchemaElement element, ParquetType type, ParquetOptions options)
    {
        var logical = element.LogicalType;
        switch (type)
        {
            case ParquetType.BOOLEAN: return typeof(bool);
            case ParquetType.FLOAT: return typeof(float);
            case ParquetType.DOUBLE: return typeof(double);
            case ParquetType.INT96: return typeof(BigInteger);
            case ParquetType.INT64:
                return element.ConvertedType == ConvertedType.UINT_64 || logical is { Kind: LogicalKind.INTEGER, IsSigned: false } ? typeof(ulong) : typeof(long);
            case ParquetType.INT32:
                return (element.ConvertedType, logical) switch
                {
                    (ConvertedType.INT_8, _) or (_, { Kind: LogicalKind.INTEGER, BitWidth: 8, IsSigned: true }) => typeof(sbyte),
                    (ConvertedType.UINT_8, _) or (_, { Kind: LogicalKind.INTEGER, BitWidth: 8 }) => typeof(byte),
                    (ConvertedType.INT_16, _) or (_, { Kind: LogicalKind.INTEGER, BitWidth: 16, IsSigned: true }) => typeof(short),
                    (ConvertedType.UINT_16, _) or (_, { Kind: LogicalKind.INTEGER, BitWidth: 16 }) => typeof(ushort),
                    (ConvertedType.UINT_32, _) or (_, { Kind: LogicalKind.INTEGER, BitWidth: 32, IsSigned: false }) => typeof(uint),
                    _ => typeof(int),
                };
            case ParquetType.FIXED_LEN_BYTE_ARRAY:
                return (element.TypeLength, element.ConvertedType, logical?.Kind) switch
                {
                    (16, _, LogicalKind.UUID) => typeof(Guid),
                    (2, _, LogicalKind.FLOAT16) => typeof(Half),
                    (12, ConvertedType.INTERVAL, _) => typeof(Interval),
                    _ => typeof(ReadOnlyMemory<byte>),
                };
            default:
                bool isText = logical?.Kind is LogicalKind.STRING or LogicalKind.ENUM or LogicalKind.JSON
                    || element.ConvertedType is ConvertedType.UTF8 or ConvertedType.ENUM or ConvertedType.JSON;
                return isText || options.TreatByteArrayAsString ? typeof(ReadOnlyMemory<char>) : typeof(ReadOnlyMemory<byte>);
        }
    }

    private static (int Precision, int Scale)? Decimal(SchemaElement element, ParquetType type)
    {
        bool isDecimal = element.ConvertedType == ConvertedType.DECIMAL || element.LogicalType?.Kind == LogicalKind.DECIMAL;
        if (!isDecimal || type is not (ParquetType.INT32 or ParquetType.INT64 or ParquetType.BYTE_ARRAY or ParquetType.FIXED_LEN_BYTE_ARRAY)) return null;
        int precision = element.LogicalType is { Kind: LogicalKind.DECIMAL } logical ? logical.Precision : element.Precision ?? 0;
        int scale = element.LogicalType is { Kind: LogicalKind.DECIMAL } same ? same.Scale : element.Scale ?? 0;
        if (precision is < 1 or > 1000 || scale < 0 || scale > precision)
            throw new ParquetException($"The column '{element.Name}' has decimals of {precision} digits, {scale} after the point, which is not possible. The file is damaged; write it again.");
        return (precision, scale);
    }

    private static SchemaElement OfDecimal(int precision, int scale, bool asBytes)
    {
        var type = asBytes || precision > 18 ? ParquetType.FIXED_LEN_BYTE_ARRAY : precision > 9 ? ParquetType.INT64 : ParquetType.INT32;
        return new SchemaElement
        {
            Type = type,
            TypeLength = type == ParquetType.FIXED_LEN_BYTE_ARRAY ? BytesFor(precision) : null,
            ConvertedType = ConvertedType.DECIMAL,
            Precision = precision,
            Scale = scale,
            LogicalType = new LogicalType(LogicalKind.DECIMAL) { Precision = precision, Scale = scale },
        };
    }

    private static SchemaElement OfDateTime(DateTimeDataField field)
    {
        var unit = field.DateTimeFormat switch
        {
            DateTimeFormat.DateAndTime => TimeUnit.MILLIS,
            DateTimeFormat.DateAndTimeMicros => TimeUnit.MICROS,
            _ => (TimeUnit)((int)field.Unit + 1),
        };
        return field.DateTimeFormat switch
        {
            DateTimeFormat.Impala => new SchemaElement { Type = ParquetType.INT96 },
            DateTimeFormat.Date => new SchemaElement { Type = ParquetType.INT32, ConvertedType = ConvertedType.DATE, LogicalType = new LogicalType(LogicalKind.DATE) },
            _ => new SchemaElement
            {
                Type = ParquetType.INT64,
                ConvertedType = (unit, field.IsAdjustedToUTC) switch
                {
                    (TimeUnit.MILLIS, true) => ConvertedType.TIMESTAMP_MILLIS,
                    (TimeUnit.MICROS, true) => ConvertedType.TIMESTAMP_MICROS,
                    _ => null,
                },
                LogicalType = Time(LogicalKind.TIMESTAMP, unit, field.IsAdjustedToUTC),
            },
        };
    }

    private static SchemaElement OfTime(TimeDataField field)
    {
        var unit = (TimeUnit)((int)field.Precision + 1);
        return new SchemaElement
        {
            Type = unit == TimeUnit.MILLIS ? ParquetType.INT32 : ParquetType.INT64,
            ConvertedType = unit switch { TimeUnit.MILLIS => ConvertedType.TIME_MILLIS, TimeUnit.MICROS => ConvertedType.TIME_MICROS, _ => null },
            LogicalType = Time(LogicalKind.TIME, unit, field.IsAdjustedToUtc),
        };
    }

    private static SchemaElement Fixed(int length, ConvertedType? converted, LogicalKind? logical) => new()
    {
        Type = ParquetType.FIXED_LEN_BYTE_ARRAY,
        TypeLength = length,
        ConvertedType = converted,
        LogicalType = logical is { } kind ? new LogicalType(kind) : null,
    };

    private static LogicalType Integer(int bits, bool signed) => new(LogicalKind.INTEGER) { BitWidth = bits, IsSigned = signed };

    private static LogicalType Time(LogicalKind kind, TimeUnit unit, bool utc) => new(kind) { Unit = unit, IsAdjustedToUTC = utc };

    private static TimeUnitPrecision Precision(TimeUnit unit) => (TimeUnitPrecision)((int)unit - 1);

    private static DateTimeTimeUnit Unit(TimeUnit unit) => (DateTimeTimeUnit)((int)unit - 1);
}
