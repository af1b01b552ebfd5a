namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>What a <c>tokenizer.json</c> says, checked.</summary>
internal sealed class TokenizerFile
{
    public required Dictionary<string, int> Vocabulary { get; init; }
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>The same merges by id, with what they make.</summary>
    public required IReadOnlyList<(int Left, int Right, int Merged)> MergeIds { get; init; }

    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }
    public required IReadOnlyList<TextRewrite> Normalizer { get; init; }

    public required WordSplitters Splitters { get; init; }

    /// <summary>Words are UTF-8 bytes, each written as one character.</summary>
    public required bool ByteLevel { get; init; }

    /// <summary>A space goes in front of each piece that has none.</summary>
    public required bool AddPrefixSpace { get; init; }

    public required Metaspace? Spaces { get; init; }
    public required string? UnknownToken { get; init; }
    public required bool FuseUnknown { get; init; }
    public required bool ByteFallback { get; init; }
    public required bool IgnoreMerges { get; init; }
    public required TokenDecoder Decoder { get; init; }

    /// <summary>What encodes a piece, where it is none of the encoders made from vocabulary and merges.</summary>
    public IPieceEncoder? Encoder { get; init; }

    /// <summary>What stands around texts that are encoded with special tokens.</summary>
    public required Frame Frame { get; init; }
}

/// <summary>The <c>Metaspace</c> step: spaces are written as another character.</summary>
/// <param name="Prepend">Where that character also goes in front: always, first (only at the very start of the text), never.</param>
internal sealed record Metaspace(char Replacement, string Prepend);
