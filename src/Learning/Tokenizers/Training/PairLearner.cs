using System.Runtime.InteropServices;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// Counts every pair of neighbours once, and after each merge corrects only the counts around it. A queue holds each pair with the count it had
/// when it went in; one whose count has changed since goes in again.
/// </summary>
internal sealed class PairLearner(WordCounts counts, List<string> vocabulary)
{
    private readonly record struct Candidate(long Count, ulong Pair) : IComparable<Candidate>
    {
        public int CompareTo(Candidate other) => Count != other.Count ? other.Count.CompareTo(Count) : Pair.CompareTo(other.Pair);
    }

    private sealed class PairState
    {
        public long Count;

        /// <summary>Words that hold the pair, or held it once.</summary>
        public readonly List<int> Words = [];
    }

    private readonly int[][] words = counts.Words;
    private readonly int[] lengths = Array.ConvertAll(counts.Words, w => w.Length);
    private readonly Dictionary<ulong, PairState> pairs = [];
    private readonly PriorityQueue<ulong, Candidate> queue = new();
    private readonly Dictionary<string, int> ids = [];
    private readonly HashSet<ulong> born = [];

    /// <summary>Merges by falling urgency; the vocabulary grows by what they make.</summary>
    public List<(string Left, string Right)> Learn(int vocabularySize, int minFrequency)
    {
        for (var id = 0; id < vocabulary.Count; id++)
            ids[vocabulary[id]] = id;
        for (var word = 0; word < words.Length; word++)
        {
            for (var i = 0; i + 1 < lengths[word]; i++)
                Change(words[word][i], words[word][i + 1], word, 1);
        }
        foreach (var (pair, state) in pairs)
            queue.Enqueue(pair, new Candidate(state.Count, pair));
        var merges = new List<(string, string)>();
        while (vocabulary.Count < vocabularySize && queue.TryDequeue(out var pair, out var candidate))
        {
            var state = pairs[pair];
            if (state.Count != candidate.Count)
            {
                if (state.Count > 0)
                    queue.Enqueue(pair, new Candidate(state.Count, pair));
                continue;
            }
            if (state.Count < Math.Max(1, minFrequency))
                break;
            var (left, right) = (vocabulary[(int)(pair >> 32)], vocabulary[(int)(uint)pair]);
            merges.Add((left, right));
            Merge(pair, state, IdOf(left + right));
        }
        return merges;
    }

    private int IdOf(string token)
    {
        if (ids.TryGetValue(token, out var id))
            return id;
        ids[token] = vocabulary.Count;
        vocabulary.Add(token);
        return vocabulary.Count - 1;
    }

    private void Merge(ulong pair, PairState state, int made)
    {
        var (left, right) = ((int)(pair >> 32), (int)(uint)pair);
        born.Clear();
        foreach (var word in CollectionsMarshal.AsSpan(state.Words))
            MergeIn(word, left, right, made);
        state.Count = 0;
        state.Words.Clear();
        state.Words.TrimExcess();
        foreach (var fresh in born)
        {
            if (pairs[fresh].Count > 0)
                queue.Enqueue(fresh, new Candidate(pairs[fresh].Count, fresh));
        }
    }

    private void MergeIn(int word, int left, int right, int made)
    {
        var symbols = words[word];
        var length = lengths[word];
        var to = 0;
        for (var i = 0; i < length; i++, to++)
        {
            if (i + 1 >= length || symbols[i] != left || symbols[i + 1] != right)
            {
                symbols[to] = symbols[i];
                continue;
            }
            if (to > 0)
            {
                Change(symbols[to - 1], left, word, -1);
                Change(symbols[to - 1], made, word, 1);
            }
            if (i + 2 < length)
            {
                Change(right, symbols[i + 2], word, -1);
                Change(made, symbols[i + 2], word, 1);
            }
            symbols[to] = made;
            i++;
        }
        lengths[word] = to;
    }

    private void Change(int left, int right, int word, int by)
    {
        var pair = ((ulong)(uint)left << 32) | (uint)right;
        ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out _);
        state ??= new PairState();
        state.Count += by * counts.Counts[word];
        if (by < 0)
            return;
        born.Add(pair);
        if (state.Words.Count == 0 || state.Words[^1] != word)
            state.Words.Add(word);
    }
}
