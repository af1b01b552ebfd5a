namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A step of a <c>pre_tokenizer</c>: cuts a text into words that cover it without a gap.</summary>
internal interface IWordSplitter
{
    void Split(ReadOnlySpan<char> text, int offset, List<(int Offset, int Length)> words);
}
