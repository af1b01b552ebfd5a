using System.Runtime.InteropServices;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Counts words text by text: what is kept grows with the different words, not with the texts.</summary>
internal sealed class WordCounter
{
    private readonly Gpt2Words splitter = new();
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);
    private readonly List<(int Offset, int Length)> places = [];

    public void Add(string text)
    {
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        places.Clear();
        splitter.Split(text, 0, places);
        foreach (var (offset, length) in places)
            CollectionsMarshal.GetValueRefOrAddDefault(lookup, text.AsSpan(offset, length), out _)++;
    }

    public WordCounts Total(int[] byteIds)
    {
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
