namespace Parquet.Schema;

/// <summary>A column of decimals: up to 9 digits are stored in 32 bits, up to 18 in 64, more in as many bytes as it takes.</summary>
public class DecimalDataField : DataField
{
    public DecimalDataField(
        string name, int precision, int scale = 0, bool forceByteArrayEncoding = false, bool? isNullable = null, bool? isArray = null,
        string? propertyName = null, Type? clrType = null)
        : base(name, clrType ?? typeof(decimal), isNullable, isArray, propertyName)
    {
        if (precision < 1) throw new ArgumentException($"Column '{name}': a decimal needs at least one digit, not {precision}.", nameof(precision));
        if (scale < 0 || scale > precision) throw new ArgumentException($"Column '{name}': {scale} of {precision} digits cannot stand after the point.", nameof(scale));
        Precision = precision;
        Scale = scale;
        ForceByteArrayEncoding = forceByteArrayEncoding;
    }

    /// <summary>Digits in all.</summary>
    public int Precision { get; }

    /// <summary>Digits after the point.</summary>
    public int Scale { get; }

    public bool ForceByteArrayEncoding { get; }
}
