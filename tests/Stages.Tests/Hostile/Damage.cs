using System.Buffers.Binary;
using System.Text;

namespace DataflowRlhf.Stages.Tests.Hostile;

/// <summary>What can happen to a file: cut short, bits flipped, sizes that claim too much, something else altogether. The same damage each time.</summary>
internal static class Damage
{
    private static readonly (string Name, string Text)[] Others =
    [
        ("nothing", ""), ("null", "null"), ("a list", "[]"), ("an object", "{}"), ("a number", "1e999"), ("a text", "\"a\""), ("lines", "\n\n\n"),
        ("deep", new string('[', 200_000)), ("deep objects", string.Concat(Enumerable.Repeat("{\"a\":", 50_000))), ("half a pair", "{\"a\":\"\\ud800\"}"), ("twice", "{\"a\":1,\"a\":1}"),
    ];

    /// <summary>Damaged forms of a good file, each with a name for the message of a test.</summary>
    /// <param name="good">Its bytes.</param>
    /// <param name="cuts">How many places it is cut at.</param>
    /// <param name="flips">How many times bits are flipped.</param>
    public static IEnumerable<(string Name, byte[] Bytes)> Of(byte[] good, int cuts = 12, int flips = 24)
    {
        foreach (var (name, text) in Others)
            yield return (name, Encoding.UTF8.GetBytes(text));
        yield return ("UTF-16", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("{}")).ToArray());
        yield return ("zeros", new byte[4096]);
        for (var i = 1; i <= cuts; i++)
            yield return ($"cut at {i}/{cuts + 1}", good[..(int)((long)good.Length * i / (cuts + 1))]);
        yield return ("without its last byte", good[..^1]);
        yield return ("with bytes behind it", [.. good, 0, 1, 2, 3]);
        foreach (var place in (int[])[0, 4, good.Length / 2, good.Length - 8])
            foreach (var claim in (ulong[])[1UL << 62, ulong.MaxValue, int.MaxValue])
                yield return ($"{claim:x} at {place}", With(good, place, claim));
        var random = new Random(16);
        for (var i = 0; i < flips; i++)
        {
            var bytes = (byte[])good.Clone();
            for (var bit = 0; bit <= i % 4; bit++)
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            yield return ($"flip {i}", bytes);
        }
    }

    private static byte[] With(byte[] good, int place, ulong claim)
    {
        var bytes = (byte[])good.Clone();
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(number, claim);
        place = Math.Clamp(place, 0, Math.Max(0, bytes.Length - 8));
        number[..Math.Min(8, bytes.Length - place)].CopyTo(bytes.AsSpan(place));
        return bytes;
    }
}
