namespace Microsoft.ML.Tokenizers;

/// <summary>How a text is to be encoded.</summary>
public struct EncodeSettings
{
    public EncodeSettings()
    {
        ConsiderNormalization = true;
        ConsiderPreTokenization = true;
        MaxTokenCount = int.MaxValue;
    }

    public bool ConsiderNormalization { get; set; }
    public bool ConsiderPreTokenization { get; set; }

    /// <summary>Stop after this many tokens. Default: <see cref="int.MaxValue"/>.</summary>
    public int MaxTokenCount { get; set; }
}
