using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>GPT-2's tokenizer as its paper says it, as slowly as that is.</summary>
internal sealed class PlainByteLevel(Dictionary<string, int> vocabulary, List<string> merges)
{
    public static PlainByteLevel Load(string folder)
    {
        var model = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(folder, "tokenizer.json"))).GetProperty("model");
        return new PlainByteLevel(
            model.GetProperty("vocab").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32()),
            model.GetProperty("merges").EnumerateArray().Select(m => m.GetString()!).ToList());
    }

    public IEnumerable<int> Encode(string text)
        => Regex.Matches(text, @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+").SelectMany(m => Word(m.Value));

    private IEnumerable<int> Word(string word)
    {
        var symbols = Encoding.UTF8.GetBytes(word).Select(b => ByteAlphabet.CharOf(b).ToString()).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, symbols.Count - 1)
                .Select(i => (Rank: merges.IndexOf($"{symbols[i]} {symbols[i + 1]}"), At: i))
                .Where(c => c.Rank >= 0)
                .DefaultIfEmpty((Rank: -1, At: -1))
                .Min();
            if (best.At < 0)
                return symbols.Select(s => vocabulary[s]);
            symbols[best.At] += symbols[best.At + 1];
            symbols.RemoveAt(best.At + 1);
        }
    }
}
