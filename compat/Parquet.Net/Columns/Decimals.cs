using System.Numerics;
using Parquet.File.Values.Primitives;
using Parquet.Schema;

namespace Parquet.Columns;

/// <summary>Decimals as whole numbers with a point put in, and back.</summary>
internal static class Decimals
{
    private static readonly BigInteger Largest = (BigInteger.One << 96) - 1;

    public static Converter<P, decimal> Reader<P>(DataField field, Func<P, BigInteger> unscaled)
    {
        var (_, scale) = Digits(field);
        return value => ToDecimal(unscaled(value), scale, field);
    }

    public static Converter<decimal, P> Writer<P>(DataField field, Func<BigInteger, P> store)
    {
        var (precision, scale) = Digits(field);
        var limit = BigInteger.Pow(10, precision);
        return value => store(Rescaled(Unscaled(value), value.Scale, scale, limit, field));
    }

    public static Converter<P, BigDecimal> BigReader<P>(DataField field, Func<P, BigInteger> unscaled)
    {
        var (_, scale) = Digits(field);
        return value => new BigDecimal(unscaled(value), scale);
    }

    public static Converter<BigDecimal, P> BigWriter<P>(DataField field, Func<BigInteger, P> store)
    {
        var (precision, scale) = Digits(field);
        var limit = BigInteger.Pow(10, precision);
        return value => store(Rescaled(value.UnscaledValue, value.Scale, scale, limit, field));
    }

    private static (int Precision, int Scale) Digits(DataField field) => field is DecimalDataField digits
        ? (digits.Precision, digits.Scale)
        : (ParquetOptions.DefaultPrecision, ParquetOptions.DefaultScale);

    private static decimal ToDecimal(BigInteger unscaled, int scale, DataField field)
    {
        var size = BigInteger.Abs(unscaled);
        for (; scale > 28 && size % 10 == 0; scale--) size /= 10;
        if (size > Largest || scale > 28) throw new ParquetException($"The column '{field.Path}' has a number of more digits than System.Decimal holds. Read it with ParquetOptions.UseBigDecimal.");
        uint low = (uint)(size & uint.MaxValue), middle = (uint)(size >> 32 & uint.MaxValue), high = (uint)(size >> 64);
        return new decimal((int)low, (int)middle, (int)high, unscaled.Sign < 0, (byte)scale);
    }

    private static BigInteger Unscaled(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var size = ((BigInteger)(uint)bits[2] << 64) + ((BigInteger)(uint)bits[1] << 32) + (uint)bits[0];
        return bits[3] < 0 ? -size : size;
    }

    private static BigInteger Rescaled(BigInteger unscaled, int from, int to, BigInteger limit, DataField field)
    {
        var rescaled = to >= from ? unscaled * BigInteger.Pow(10, to - from) : BigInteger.DivRem(unscaled, BigInteger.Pow(10, from - to), out var rest) is var whole && rest.IsZero ? whole : throw new ArgumentException($"The column '{field.Path}' has {to} digits after the point; round the number to that before it is written.");
        return BigInteger.Abs(rescaled) < limit ? rescaled : throw new ArgumentException($"The column '{field.Path}' is declared with fewer digits than one of its numbers has. Give it a higher precision.");
    }
}
