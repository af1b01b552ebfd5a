using Microsoft.ML.Tokenizers;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The steps of a <c>pre_tokenizer</c>, each cutting the words of the one before; none leaves the text as one word.</summary>
internal sealed class WordSplitters(IReadOnlyList<IWordSplitter> steps) : PreTokenizer
{
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => Words(text);

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => Words(text);

    public List<(int Offset, int Length)> Words(ReadOnlySpan<char> text)
    {
        var words = new List<(int Offset, int Length)>(text.Length / 4 + 1);
        if (text.IsEmpty)
            return words;
        if (steps.Count == 0)
        {
            words.Add((0, text.Length));
            return words;
        }
        steps[0].Split(text, 0, words);
        foreach (var step in steps.Skip(1))
        {
            var finer = new List<(int Offset, int Length)>(words.Count);
            foreach (var (offset, length) in words)
                step.Split(text.Slice(offset, length), offset, finer);
            words = finer;
        }
        return words;
    }
}
