using Parquet.Encodings;
using Parquet.Meta;

namespace Parquet.Columns;

/// <summary>Dates, times and timestamps as numbers, and back.</summary>
internal static class Moments
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;
    private static readonly long DaysFrom = -DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerDay;
    private static readonly long DaysTo = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerDay;

    public static DateTime FromDays(int days) => days >= DaysFrom && days <= DaysTo ? DateTime.UnixEpoch.AddDays(days) : throw Outside($"day {days}");

    public static int ToDays(DateTime value) => (int)Math.Floor((value.Ticks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerDay);

    public static DateTime FromTimestamp(long value, TimeUnit unit, DateTimeKind kind)
    {
        Int128 ticks = DateTime.UnixEpoch.Ticks + Ticks(value, unit);
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks, kind) : throw Outside($"{value} {unit}");
    }

    public static long ToTimestamp(DateTime value, TimeUnit unit, DateTimeKind kind)
    {
        if (kind == DateTimeKind.Utc && value.Kind == DateTimeKind.Local) value = value.ToUniversalTime();
        return FromTicks(value.Ticks - DateTime.UnixEpoch.Ticks, unit);
    }

    public static TimeSpan FromTime(long value, TimeUnit unit)
    {
        var ticks = Ticks(value, unit);
        return ticks >= long.MinValue && ticks <= long.MaxValue ? new TimeSpan((long)ticks) : throw Outside($"{value} {unit}");
    }

    public static long ToTime(TimeSpan value, TimeUnit unit) => FromTicks(value.Ticks, unit);

    public static TimeOnly FromTimeOfDay(long value, TimeUnit unit)
    {
        var ticks = Ticks(value, unit);
        return ticks >= 0 && ticks < TimeSpan.TicksPerDay ? new TimeOnly((long)ticks) : throw Outside($"{value} {unit} of a day");
    }

    public static DateTime FromInt96(Int96 value)
    {
        Int128 ticks = DateTime.UnixEpoch.Ticks + (Int128)(value.JulianDay - (long)Int96.JulianEpoch) * TimeSpan.TicksPerDay + value.Nanoseconds / 100;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks, DateTimeKind.Utc) : throw Outside($"Julian day {value.JulianDay}");
    }

    public static Int96 ToInt96(DateTime value)
    {
        if (value.Kind == DateTimeKind.Local) value = value.ToUniversalTime();
        var (days, ticks) = Math.DivRem(value.Ticks, TimeSpan.TicksPerDay);
        return new Int96(ticks * 100, (int)(days - DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerDay) + Int96.JulianEpoch);
    }

    private static Int128 Ticks(long value, TimeUnit unit) => unit switch
    {
        TimeUnit.MILLIS => (Int128)value * TimeSpan.TicksPerMillisecond,
        TimeUnit.MICROS => (Int128)value * TicksPerMicrosecond,
        _ => value >= 0 ? value / 100 : (value - 99) / 100,
    };

    private static long FromTicks(long ticks, TimeUnit unit) => unit switch
    {
        TimeUnit.MILLIS => FloorDivide(ticks, TimeSpan.TicksPerMillisecond),
        TimeUnit.MICROS => FloorDivide(ticks, TicksPerMicrosecond),
        _ => ticks is > long.MaxValue / 100 or < long.MinValue / 100 ? throw Outside($"{ticks} ticks in nanoseconds") : ticks * 100,
    };

    private static long FloorDivide(long value, long by) => (value < 0 ? value - by + 1 : value) / by;

    private static ParquetException Outside(string what) => new($"A value ({what}) lies outside what .NET's dates and times hold.");
}
