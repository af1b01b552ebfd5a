namespace Microsoft.ML.Tokenizers;

/// <summary>GPT-2's way to write any byte as one visible character: visible Latin-1 stands for itself, the others follow from U+0100.</summary>
internal static class ByteAlphabet
{
    public static readonly char[] CharOf = Make();

    /// <summary>The byte of a character, or -1.</summary>
    public static readonly short[] ByteOf = Invert();

    private static char[] Make()
    {
        var chars = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            chars[b] = b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? (char)b : (char)next++;
        return chars;
    }

    private static short[] Invert()
    {
        var bytes = new short[324];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++)
            bytes[CharOf[b]] = (short)b;
        return bytes;
    }
}
