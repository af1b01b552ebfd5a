namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Two texts as one row of ids, with special tokens around them.</summary>
/// <param name="Ids">All ids.</param>
/// <param name="TypeIds">For each id, the type that the tokenizer gives to its text, 0 or 1 most often.</param>
/// <param name="Texts">For each id, the text it comes from, 0 or 1; null for a special token put around them.</param>
public sealed record PairEncoding(int[] Ids, int[] TypeIds, int?[] Texts)
{
    /// <summary>Encodes two texts as the tokenizer's post-processor joins them.</summary>
    /// <exception cref="TokenizerFileException">The post-processor has no form for two texts.</exception>
    public static PairEncoding Of(TextTokenizer tokenizer, string first, string second)
    {
        var parts = tokenizer.Frame.Pair ?? throw new TokenizerFileException($"{tokenizer.Folder}: the tokenizer's post_processor has no form for two texts (pair).");
        var encoded = new[] { tokenizer.Encode(first), tokenizer.Encode(second) };
        var (ids, types, texts) = (new List<int>(), new List<int>(), new List<int?>());
        foreach (var part in parts)
        {
            foreach (var id in part.Text is { } text ? encoded[text] : part.Ids)
            {
                ids.Add(id);
                types.Add(part.Type);
                texts.Add(part.Text);
            }
        }
        return new PairEncoding([.. ids], [.. types], [.. texts]);
    }
}
