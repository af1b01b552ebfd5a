namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Finds a tokenizer in a Hugging Face folder, in whichever of the three published forms.</summary>
internal static class TokenizerFolder
{
    /// <exception cref="TokenizerFileException">There is none, or it is damaged or not understood.</exception>
    public static (TokenizerFile File, TokenizerSettings Settings) Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new TokenizerFileException($"{folder}: there is no such folder; a folder with a tokenizer.json is needed.");
        var settings = TokenizerSettings.Read(folder);
        var (whole, vocabulary, merges, model) = (In("tokenizer.json"), In("vocab.json"), In("merges.txt"), In("tokenizer.model"));
        if (File.Exists(whole))
            return (TokenizerFileReader.Read(whole), settings);
        if (File.Exists(vocabulary) && File.Exists(merges))
            return VocabularyReader.Read(vocabulary, merges, settings);
        if (File.Exists(model))
            return SentencePieceReader.Read(model, settings);
        var others = string.Join(", ", Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(8));
        throw new TokenizerFileException(
            $"{folder}: there is no tokenizer.json, no vocab.json with merges.txt and no tokenizer.model, only {(others.Length > 0 ? others : "an empty folder")}. AutoTokenizer.from_pretrained(…).save_pretrained(…) in Python writes a tokenizer.json.");

        string In(string name) => Path.Combine(folder, name);
    }
}
