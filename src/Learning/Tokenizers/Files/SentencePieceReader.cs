using Microsoft.ML.Tokenizers;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads <c>tokenizer.model</c>, SentencePiece's pairs as Llama 1 and 2, CodeLlama and the first Mistral have them, by Microsoft.ML.Tokenizers.</summary>
internal static class SentencePieceReader
{
    private const long LargestModel = 64L << 20;

    public static (TokenizerFile File, TokenizerSettings Settings) Read(string path, TokenizerSettings settings)
    {
        var model = Load(path);
        if (model.Vocabulary.Values.Max() is var largest && largest != model.Vocabulary.Count - 1)
            throw new TokenizerFileException($"{path}: its {model.Vocabulary.Count} pieces have ids up to {largest}; a piece stands there twice.");
        if (!model.EscapeWhiteSpaces || model.TreatWhitespaceAsSuffix || model.Normalizer is SentencePieceNormalizer { RemoveExtraWhiteSpaces: true })
            throw new TokenizerFileException($"{path}: this SentencePiece model {(model.TreatWhitespaceAsSuffix ? "puts spaces behind words" : model.EscapeWhiteSpaces ? "removes extra white space" : "keeps spaces as they are")}, which is not supported. save_pretrained(…) in Python writes a tokenizer.json.");
        if (!model.ByteFallback)
            throw new TokenizerFileException($"{path}: this SentencePiece model has no tokens for bytes (byte_fallback), which is not supported. save_pretrained(…) in Python writes a tokenizer.json.");
        var named = new Dictionary<string, string>(settings.Tokens);
        foreach (var (role, token) in new[] { ("bos_token", model.BeginningOfSentenceToken), ("eos_token", model.EndOfSentenceToken), ("unk_token", model.UnknownToken) })
        {
            if (!named.ContainsKey(role) && model.Vocabulary.ContainsKey(token))
                named[role] = token;
        }
        var vocabulary = new Dictionary<string, int>(model.Vocabulary, StringComparer.Ordinal);
        return LlamaForm.Make(path, vocabulary, ([], []), settings with { Tokens = named }, model.AddDummyPrefix, new SentencePieceEncoder(model));
    }

    private static SentencePieceTokenizer Load(string path)
    {
        try
        {
            using var stream = new MemoryStream(PlainFile.ReadBytes(path, LargestModel));
            return LlamaTokenizer.Create(stream, addBeginOfSentence: false, addEndOfSentence: false);
        }
        catch (Exception e) when (e is not (TokenizerFileException or OutOfMemoryException))
        {
            throw new TokenizerFileException($"{path}: not a SentencePiece model of pairs that can be read: {e.Message} A model of another type needs a tokenizer.json; so far only BPE is read there.", e);
        }
    }

    /// <summary>The pieces come normalized already.</summary>
    private sealed class SentencePieceEncoder(SentencePieceTokenizer model) : IPieceEncoder
    {
        public void Encode(ReadOnlySpan<char> piece, List<int> ids)
            => ids.AddRange(model.EncodeToIds(piece, addBeginningOfSentence: false, addEndOfSentence: false, considerPreTokenization: false, considerNormalization: false));
    }
}
