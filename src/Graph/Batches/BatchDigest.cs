using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DataflowRlhf.Graph;

/// <summary>SHA-256 over a batch's columns: names, types and cells, not its number. Equal for equal content, wherever it came from.</summary>
internal static class BatchDigest
{
    /// <returns>Hexadecimal, small letters.</returns>
    public static string Of(Batch batch)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Number(hash, batch.Rows);
        foreach (var column in batch.Columns)
        {
            Text(hash, column.ToString());
            Cells(hash, batch.Values(column));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Cells(IncrementalHash hash, Array values)
    {
        switch (values)
        {
            case bool[] v: Plain<bool>(hash, v); break;
            case int[] v: Plain<int>(hash, v); break;
            case long[] v: Plain<long>(hash, v); break;
            case float[] v: Plain<float>(hash, v); break;
            case double[] v: Plain<double>(hash, v); break;
            case string?[] v: Each(hash, v, Text); break;
            case byte[]?[] v: Each(hash, v, (h, cell) => List<byte>(h, cell)); break;
            case int[]?[] v: Each(hash, v, (h, cell) => List<int>(h, cell)); break;
            case float[]?[] v: Each(hash, v, (h, cell) => List<float>(h, cell)); break;
            case string[]?[] v: Each(hash, v, Texts); break;
            default: throw new ArgumentException($"No column holds {values.GetType().Name}.");
        }
    }

    private static void Each<T>(IncrementalHash hash, T[] cells, Action<IncrementalHash, T> one)
    {
        foreach (var cell in cells)
            one(hash, cell);
    }

    private static void Texts(IncrementalHash hash, string[]? cell)
    {
        Number(hash, cell?.Length ?? -1);
        foreach (var text in cell ?? [])
            Text(hash, text);
    }

    private static void Text(IncrementalHash hash, string? text) => List(hash, text.AsSpan(), text is null);

    private static void List<T>(IncrementalHash hash, T[]? cell)
        where T : struct => List(hash, new ReadOnlySpan<T>(cell), cell is null);

    /// <summary>Behind its length, so that no two lists of lists look alike; none is not the empty one.</summary>
    private static void List<T>(IncrementalHash hash, ReadOnlySpan<T> cell, bool none)
        where T : struct
    {
        Number(hash, none ? -1 : cell.Length);
        Plain(hash, cell);
    }

    private static void Plain<T>(IncrementalHash hash, ReadOnlySpan<T> cells)
        where T : struct => hash.AppendData(MemoryMarshal.AsBytes(cells));

    private static void Number(IncrementalHash hash, int number) => Plain(hash, new ReadOnlySpan<int>(in number));
}
