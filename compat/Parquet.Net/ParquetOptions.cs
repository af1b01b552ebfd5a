using System.IO.Compression;

namespace Parquet;

/// <summary>Settings of the reader and the writer.</summary>
public class ParquetOptions
{
    public const int DefaultPrecision = 38;
    public const int DefaultScale = 18;
    public const int DefaultRowGroupSize = 1_000_000;

    /// <summary>Encoding hints by column path, e.g. <c>ids.list.element</c>.</summary>
    public readonly IDictionary<string, EncodingHint> ColumnEncodingHints = new Dictionary<string, EncodingHint>(StringComparer.Ordinal);

    /// <summary>How pages are compressed. Default: Snappy.</summary>
    public CompressionMethod CompressionMethod { get; set; } = CompressionMethod.Snappy;

    /// <summary>How hard gzip, Brotli and zstd try. Default: SmallestSize.</summary>
    public CompressionLevel CompressionLevel { get; set; } = CompressionLevel.SmallestSize;

    /// <summary>Read byte arrays without an annotation as strings. Default: false.</summary>
    public bool TreatByteArrayAsString { get; set; }

    /// <summary>Read INT96 as timestamps (otherwise as big integers). Default: true.</summary>
    public bool TreatBigIntegersAsDates { get; set; } = true;

    /// <summary>Read dates as <see cref="DateOnly"/> instead of <see cref="DateTime"/>. Default: false.</summary>
    public bool UseDateOnlyTypeForDates { get; set; }

    /// <summary>A dictionary is used where at most this part of the sample is unique. Default: 0.8, from 0 to 1.</summary>
    public double DictionaryEncodingThreshold { get; set; } = 0.8;

    /// <summary>How many values are looked at before a dictionary is chosen. Default: 1024.</summary>
    public int DictionaryEncodingSampleSize { get; set; } = 1024;

    public int MaximumSmallPoolFreeBytes { get; set; } = 16 * 1024 * 1024;

    public int MaximumLargePoolFreeBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Read decimals as <see cref="File.Values.Primitives.BigDecimal"/>, which holds all 38 digits. Default: false.</summary>
    public bool UseBigDecimal { get; set; }

    public static bool UseHardwareAcceleration { get; set; } = true;

    /// <summary>Add row groups to the file that the stream holds. Default: false.</summary>
    public bool Append { get; set; }

    public int? RowGroupSize { get; set; }

    public bool PropertyNameCaseInsensitive { get; set; }

    public static bool PreferUntypedString { get; set; }

    public static bool PreferUntypedByteArray { get; set; }
}
