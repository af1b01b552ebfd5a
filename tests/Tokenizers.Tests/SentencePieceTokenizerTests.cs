using System.Text;
using Microsoft.ML.Tokenizers;

namespace DataflowRlhf.Tokenizers.Tests;

public sealed class SentencePieceTokenizerTests
{
    private const int BpeType = 2;

    [Fact]
    public void The_piece_with_the_best_score_is_made_first()
    {
        var tokenizer = Make();
        tokenizer.EncodeToTokens("hello hello", out var normalized).Select(t => t.Value).Should().Equal("<s>", "▁hell", "o", "▁hell", "o");
        normalized.Should().Be("▁hello▁hello");
    }

    [Fact]
    public void The_space_in_front_is_added_and_taken_away_again()
    {
        var tokenizer = Make();
        var ids = tokenizer.EncodeToIds("hello  lo", addBeginningOfSentence: false, addEndOfSentence: true);
        ids[^1].Should().Be(tokenizer.EndOfSentenceId);
        tokenizer.Decode(ids, considerSpecialTokens: false).Should().Be("hello  lo");
    }

    [Fact]
    public void What_the_vocabulary_lacks_falls_back_to_bytes()
    {
        var tokenizer = Make();
        var tokens = tokenizer.EncodeToTokens("é", out _);
        tokens.Select(t => t.Value).Should().Equal("<s>", "▁", "<0xC3>", "<0xA9>");
        tokens[2].Offset.Should().Be(tokens[3].Offset);
        tokenizer.Decode(tokens.Skip(1).Select(t => t.Id)).Should().Be("é");
    }

    [Fact]
    public void Without_bytes_it_is_unknown()
        => Make(bytes: false).EncodeToIds("é", false, false).Should().Equal(3 + 0, 0);

    [Fact]
    public void Special_tokens_are_found_in_the_text()
    {
        var tokenizer = Make(special: new Dictionary<string, int> { ["<sep>"] = 999 });
        tokenizer.EncodeToIds("lo<sep>lo", false, false).Should().Contain(999);
        tokenizer.Decode(tokenizer.EncodeToIds("lo<sep>lo", false, false)).Should().Be("lo<sep>lo");
        tokenizer.Decode([999], considerSpecialTokens: false).Should().BeEmpty();
    }

    [Fact]
    public void A_long_text_takes_no_quadratic_time()
    {
        var text = string.Concat(Enumerable.Repeat("hello", 60_000));
        var tokenizer = Make();
        tokenizer.Decode(tokenizer.EncodeToIds(text, false, false)).Should().Be(text);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x0B })]
    public void Bytes_that_are_no_model_are_refused(byte[] bytes)
    {
        var read = () => SentencePieceTokenizer.Create(new MemoryStream(bytes));
        read.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_unigram_model_is_refused()
    {
        var read = () => SentencePieceTokenizer.Create(new MemoryStream(Model(type: 1, bytes: true)));
        read.Should().Throw<ArgumentException>().WithMessage("*type 1*");
    }

    private static SentencePieceTokenizer Make(bool bytes = true, Dictionary<string, int>? special = null)
        => LlamaTokenizer.Create(new MemoryStream(Model(BpeType, bytes)), specialTokens: special);

    private static byte[] Model(int type, bool bytes)
    {
        var model = new List<byte>();
        Piece("<unk>", 0, 2);
        Piece("<s>", 0, 3);
        Piece("</s>", 0, 3);
        foreach (var (piece, score) in new[] { ("▁", -50f), ("h", -51), ("e", -52), ("l", -53), ("o", -54), ("he", -1), ("ll", -2), ("hell", -3), ("▁hell", -4), ("lo", -5) })
            Piece(piece, score, 1);
        if (bytes)
        {
            for (var b = 0; b < 256; b++)
                Piece($"<0x{b:X2}>", 0, 6);
        }
        Field(model, 2, [.. Varint(3 << 3), (byte)type, .. Varint(35 << 3), bytes ? (byte)1 : (byte)0]);
        Field(model, 3, [.. Varint(4 << 3), 0]);
        return [.. model];

        void Piece(string text, float score, int kind)
        {
            var piece = new List<byte>();
            Field(piece, 1, Encoding.UTF8.GetBytes(text));
            piece.AddRange([(2 << 3) | 5, .. BitConverter.GetBytes(score), 3 << 3, (byte)kind]);
            Field(model, 1, [.. piece]);
        }
    }

    private static void Field(List<byte> into, int number, byte[] bytes)
        => into.AddRange([.. Varint((number << 3) | 2), .. Varint(bytes.Length), .. bytes]);

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value > 127; value >>= 7)
            bytes.Add((byte)(value | 128));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
