using System.Runtime.InteropServices;

namespace Parquet.Encodings;

/// <summary>A moment in the old twelve-byte form: nanoseconds of the day, then the Julian day.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct Int96(long Nanoseconds, int JulianDay)
{
    /// <summary>1970-01-01.</summary>
    public const int JulianEpoch = 2_440_588;
}
