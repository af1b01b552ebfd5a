using System.ComponentModel.DataAnnotations;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Texts of different lengths as rows of one length: special tokens around them, cut where they are too long, filled up where they are short.</summary>
/// <param name="Ids">(texts, tokens).</param>
/// <param name="Attention">(texts, tokens): 1 for a token, 0 for filling.</param>
/// <param name="Special">(texts, tokens): 1 for filling and for tokens put around a text.</param>
public sealed record TokenBatch(int[][] Ids, int[][] Attention, int[][] Special)
{
    public sealed record Options
    {
        /// <summary>Where short rows are filled up. Default: Right.</summary>
        public Side PaddingSide { get; init; } = Side.Right;

        /// <summary>The filling. Default: none, the tokenizer's own pad token.</summary>
        public int? PadId { get; init; }

        /// <summary>The rows' length is a multiple of this. Default: 1.</summary>
        [Range(1, int.MaxValue)]
        public int MultipleOf { get; init; } = 1;

        /// <summary>The longest row, special tokens included. Default: none.</summary>
        public int? MaxTokens { get; init; }

        /// <summary>Where a text that is too long loses tokens. Default: Right.</summary>
        public Side TruncationSide { get; init; } = Side.Right;
    }

    /// <exception cref="ArgumentException">There is no filling, a range is left, or the special tokens alone are longer than a row may be.</exception>
    public static TokenBatch Of(TextTokenizer tokenizer, IReadOnlyList<string> texts, Options options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MultipleOf, 1);
        var pad = options.PadId ?? tokenizer.PadId ?? throw new ArgumentException("The tokenizer names no pad token; give a PadId.");
        var (before, after) = (tokenizer.PrefixIds, tokenizer.SuffixIds);
        var room = (options.MaxTokens ?? int.MaxValue) - before.Count - after.Count;
        if (room < 0)
            throw new ArgumentException($"MaxTokens is {options.MaxTokens}, but the tokenizer puts {before.Count + after.Count} tokens around a text.");
        var rows = texts.Select(t => Cut(tokenizer.Encode(t), room, options.TruncationSide)).ToArray();
        var longest = rows.Select(r => r.Length).DefaultIfEmpty(0).Max() + before.Count + after.Count;
        var length = (longest + options.MultipleOf - 1) / options.MultipleOf * options.MultipleOf;
        return new TokenBatch(
            Array.ConvertAll(rows, r => Fill([.. before, .. r, .. after], pad)),
            Array.ConvertAll(rows, r => Fill(Enumerable.Repeat(1, r.Length + before.Count + after.Count), 0)),
            Array.ConvertAll(rows, r => Fill([.. before.Select(_ => 1), .. r.Select(_ => 0), .. after.Select(_ => 1)], 1)));

        int[] Fill(IEnumerable<int> row, int with)
        {
            var given = row.ToArray();
            var filling = Enumerable.Repeat(with, length - given.Length);
            return options.PaddingSide == Side.Right ? [.. given, .. filling] : [.. filling, .. given];
        }
    }

    private static int[] Cut(int[] ids, int room, Side side) => ids.Length <= room ? ids : side == Side.Right ? ids[..room] : ids[^room..];
}
