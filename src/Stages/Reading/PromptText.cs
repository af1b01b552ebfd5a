using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataflowRlhf.Stages.Reading;

/// <summary>Prompts as keys: what two prompts have in common that a reader would call the same.</summary>
internal static class PromptText
{
    /// <summary>Lower case; white space as one space; each line without punctuation and space at its ends; empty lines gone.</summary>
    /// <example><c>"\n\nHuman:  Hello THERE!!\n"</c> and <c>"human: hello there"</c> are one.</example>
    public static string Normal(string prompt)
    {
        var normal = new StringBuilder(prompt.Length);
        foreach (var line in prompt.AsSpan().EnumerateLines())
        {
            var text = line;
            while (text.Length > 0 && AtEnd(text[0]))
                text = text[1..];
            while (text.Length > 0 && AtEnd(text[^1]))
                text = text[..^1];
            if (text.IsEmpty)
                continue;
            if (normal.Length > 0)
                normal.Append(' ');
            var space = false;
            foreach (var letter in text)
            {
                if (!char.IsWhiteSpace(letter))
                    normal.Append(char.ToLowerInvariant(letter));
                else if (!space)
                    normal.Append(' ');
                space = char.IsWhiteSpace(letter);
            }
        }
        return normal.ToString();
    }

    /// <summary>64 bits of SHA-256, the same on every machine.</summary>
    public static ulong Hash(string text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static bool AtEnd(char letter) => char.IsWhiteSpace(letter) || char.IsPunctuation(letter) || char.GetUnicodeCategory(letter) == UnicodeCategory.Control;
}
