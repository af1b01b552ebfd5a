namespace Parquet;

/// <summary>How the writer should encode a column where its type allows it.</summary>
public enum EncodingHint
{
    /// <summary>A dictionary for strings and byte arrays that repeat themselves, plain values otherwise.</summary>
    Default = 0,
    /// <summary>A dictionary, for any type, where values repeat.</summary>
    Dictionary = 1,
    /// <summary>Differences, for 32- and 64-bit integers.</summary>
    DeltaBinaryPacked = 2,
    /// <summary>One stream for each byte of the value, for floats and doubles (few readers know it for integers).</summary>
    ByteSplitStream = 3,
}
