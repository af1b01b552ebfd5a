using System.Text.Json;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Bench;

/// <summary>The texts of a preference file, and pairs made of them.</summary>
internal static class Texts
{
    public static List<(string Chosen, string Rejected)> Read(string file) =>
        [.. File.ReadLines(file).Select(l => JsonDocument.Parse(l).RootElement).Select(e => (e.GetProperty("chosen").GetString()!, e.GetProperty("rejected").GetString()!))];

    public static TextTokenizer Tokenizer(string file, int vocabulary)
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        return BpeTrainer.Train(Read(file).SelectMany(t => new[] { t.Chosen, t.Rejected }), new BpeTrainer.Options { VocabSize = vocabulary }, folder);
    }

    /// <summary>Pairs that share the prompt up to the last turn; both sides within <paramref name="longest"/> tokens.</summary>
    public static List<PreferencePair> Pairs(string file, TextTokenizer tokenizer, int count, int longest)
    {
        var pairs = new List<PreferencePair>();
        foreach (var (chosen, rejected) in Read(file))
        {
            var cut = chosen.LastIndexOf("\n\nAssistant:", StringComparison.Ordinal) + "\n\nAssistant:".Length;
            if (pairs.Count == count || rejected.Length <= cut || !rejected.AsSpan(0, cut).SequenceEqual(chosen.AsSpan(0, cut)))
                continue;
            int[] Response(string text) => [.. tokenizer.Encode(text[cut..]), tokenizer.EosId!.Value];
            var pair = new PreferencePair(tokenizer.Encode(chosen[..cut]), Response(chosen), Response(rejected));
            if (pair.Prompt.Length + Math.Max(pair.Chosen.Length, pair.Rejected.Length) <= longest)
                pairs.Add(pair);
        }
        return pairs;
    }
}
