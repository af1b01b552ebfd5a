using Microsoft.ML.Tokenizers;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Byte-level pairs by Microsoft.ML.Tokenizers: GPT-2, Qwen 2 and all that merge every word.</summary>
internal sealed class PackageEncoder : IPieceEncoder
{
    private readonly BpeTokenizer tokenizer;

    public PackageEncoder(TokenizerFile file)
    {
        tokenizer = BpeTokenizer.Create(new BpeOptions(file.Vocabulary)
        {
            Merges = file.Merges.Select(m => $"{m.Left} {m.Right}"),
            PreTokenizer = file.Splitters,
            ByteLevel = true,
        });
    }

    public void Encode(ReadOnlySpan<char> piece, List<int> ids) => ids.AddRange(tokenizer.EncodeToIds(piece));
}
