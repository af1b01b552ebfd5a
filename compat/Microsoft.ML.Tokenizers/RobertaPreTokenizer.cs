using System.Text.RegularExpressions;

namespace Microsoft.ML.Tokenizers;

/// <summary>The words of GPT-2 and RoBERTa: contractions, and letters, digits or other signs with the space before them.</summary>
public sealed partial class RobertaPreTokenizer : PreTokenizer
{
    private readonly RegexPreTokenizer words = new(Pattern(), null);

    public static RobertaPreTokenizer Instance { get; } = new();

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => words.PreTokenize(text);

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => words.PreTokenize(text);

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Pattern();
}
