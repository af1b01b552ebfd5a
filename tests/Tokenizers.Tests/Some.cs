using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace DataflowRlhf.Tokenizers.Tests;

/// <summary>Small tokenizers to try things on.</summary>
internal static partial class Some
{
    public static readonly string[] Merges = ["l o", "lo w", "e r", "Ġ low", "er e"];

    public static readonly Dictionary<string, int> Specials = new() { ["<|end|>"] = 900 };

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    public static partial Regex Gpt2();

    /// <summary>All 256 bytes (ids 0 to 255, by byte), and what the merges make (from 256).</summary>
    public static Dictionary<string, int> ByteVocabulary(params string[] merges)
    {
        var vocabulary = new Dictionary<string, int>();
        var next = 256;
        for (var b = 0; b < 256; b++)
            vocabulary[(b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? (char)b : (char)next++).ToString()] = b;
        foreach (var merge in merges)
            vocabulary.TryAdd(merge.Replace(" ", ""), vocabulary.Count);
        return vocabulary;
    }

    public static BpeTokenizer ByteLevel(string[]? merges = null, bool specials = false) => BpeTokenizer.Create(new BpeOptions(ByteVocabulary(merges ?? Merges))
    {
        Merges = merges ?? Merges,
        ByteLevel = true,
        PreTokenizer = new RegexPreTokenizer(Gpt2(), specials ? Specials : null),
        SpecialTokens = specials ? Specials : null,
    });

    /// <summary>Merges learnt by a plain loop from a text, so that there are many and they overlap.</summary>
    public static string[] Learn(string text, int count)
    {
        var symbols = text.Select(c => c.ToString()).ToList();
        var merges = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var best = symbols.Zip(symbols.Skip(1)).GroupBy(p => p).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).First().Key;
            merges.Add($"{best.First} {best.Second}");
            for (var k = 0; k + 1 < symbols.Count; k++)
            {
                if ((symbols[k], symbols[k + 1]) != best)
                    continue;
                symbols[k] += symbols[k + 1];
                symbols.RemoveAt(k + 1);
            }
        }
        return [.. merges.Distinct()];
    }
}
