namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A word starts at each replaced space.</summary>
internal sealed class MetaspaceWords(char replacement) : IWordSplitter
{
    public void Split(ReadOnlySpan<char> text, int offset, List<(int Offset, int Length)> words)
    {
        for (var i = 0; i < text.Length;)
        {
            var next = text[(i + 1)..].IndexOf(replacement);
            var end = next < 0 ? text.Length : i + 1 + next;
            words.Add((offset + i, end - i));
            i = end;
        }
    }
}
