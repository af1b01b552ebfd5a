namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The model of a tokenizer: a piece of normalized text to ids. Safe from any thread.</summary>
internal interface IPieceEncoder
{
    void Encode(ReadOnlySpan<char> piece, List<int> ids);
}
