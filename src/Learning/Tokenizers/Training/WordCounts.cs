using System.Runtime.InteropServices;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The different words of a text collection, as byte tokens, with how often each occurs.</summary>
internal sealed record WordCounts(int[][] Words, long[] Counts)
{
    public static WordCounts Of(IEnumerable<string> texts, int[] byteIds)
    {
        var splitter = new Gpt2Words();
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var places = new List<(int Offset, int Length)>();
        foreach (var text in texts)
        {
            places.Clear();
            splitter.Split(text, 0, places);
            foreach (var (offset, length) in places)
                CollectionsMarshal.GetValueRefOrAddDefault(lookup, text.AsSpan(offset, length), out _)++;
        }
        var words = new int[counts.Count][];
        var numbers = new long[counts.Count];
        var next = 0;
        foreach (var (word, count) in counts)
        {
            words[next] = Array.ConvertAll(Encoding.UTF8.GetBytes(word), b => byteIds[b]);
            numbers[next++] = count;
        }
        return new WordCounts(words, numbers);
    }
}
