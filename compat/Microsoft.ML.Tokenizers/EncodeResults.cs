namespace Microsoft.ML.Tokenizers;

/// <summary>What an encoding came to.</summary>
/// <typeparam name="T">int for ids alone, <see cref="EncodedToken"/> for tokens with their places.</typeparam>
public struct EncodeResults<T>
{
    public IReadOnlyList<T> Tokens { get; set; }

    /// <summary>The text after normalization; null when nothing was normalized.</summary>
    public string? NormalizedText { get; set; }

    /// <summary>How many characters of the (normalized) text the tokens cover.</summary>
    public int CharsConsumed { get; set; }
}
