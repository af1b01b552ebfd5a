using System.Text.RegularExpressions;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>Learns merges by counting all pairs anew each time. For ASCII texts.</summary>
internal static class PlainTrainer
{
    /// <summary>The new tokens, in the order learnt. Among equals, the pair of older tokens wins; an alphabet letter is as old as its character is small.</summary>
    public static List<string> Learn(IEnumerable<string> texts, int count)
    {
        var words = texts.SelectMany(t => Regex.Matches(t, @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"))
            .GroupBy(m => m.Value).Select(g => (Symbols: g.Key.Select(c => c.ToString()).ToList(), Count: g.Count())).ToList();
        var learnt = new List<string>();
        while (learnt.Count < count)
        {
            var best = words.SelectMany(w => w.Symbols.Zip(w.Symbols.Skip(1)).Select(p => (Pair: p, w.Count)))
                .GroupBy(p => p.Pair)
                .Select(g => (g.Key, Count: g.Sum(p => p.Count)))
                .OrderByDescending(g => g.Count).ThenBy(g => Age(g.Key.First)).ThenBy(g => Age(g.Key.Second))
                .First().Key;
            foreach (var (symbols, _) in words)
            {
                for (var i = 0; i + 1 < symbols.Count; i++)
                {
                    if ((symbols[i], symbols[i + 1]) != best)
                        continue;
                    symbols[i] += symbols[i + 1];
                    symbols.RemoveAt(i + 1);
                }
            }
            if (!learnt.Contains(best.First + best.Second))
                learnt.Add(best.First + best.Second);
        }
        return learnt;

        // A space is U+0120 in the byte alphabet, after all visible ASCII.
        int Age(string token) => token.Length > 1 ? 1000 + learnt.IndexOf(token) : token == " " ? 0x120 : token[0];
    }
}
