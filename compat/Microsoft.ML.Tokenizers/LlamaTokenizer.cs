namespace Microsoft.ML.Tokenizers;

/// <summary>Llama 1 and 2: SentencePiece with pairs merged by score, and bytes for what the vocabulary lacks.</summary>
public sealed class LlamaTokenizer : SentencePieceTokenizer
{
    private LlamaTokenizer(SentencePieceModel model, bool addBeginning, bool addEnd, IReadOnlyDictionary<string, int>? special)
        : base(model, addBeginning, addEnd, special)
    {
    }

    /// <exception cref="ArgumentException">The stream holds no SentencePiece model of pairs.</exception>
    public static new LlamaTokenizer Create(Stream modelStream, bool addBeginOfSentence = true, bool addEndOfSentence = false, IReadOnlyDictionary<string, int>? specialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(modelStream);
        var model = ReadModel(modelStream);
        return new LlamaTokenizer(model, addBeginOfSentence, addEndOfSentence, specialTokens);
    }
}
