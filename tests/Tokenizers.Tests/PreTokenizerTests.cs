using Microsoft.ML.Tokenizers;

namespace DataflowRlhf.Tokenizers.Tests;

public sealed class PreTokenizerTests
{
    private static string[] Cut(PreTokenizer cutter, string text) => cutter.PreTokenize(text).Select(w => text.Substring(w.Offset, w.Length)).ToArray();

    [Fact]
    public void Words_and_non_words_without_the_space_between()
        => Cut(PreTokenizer.CreateWordOrNonWord(), "Hi, you: 1+1!").Should().Equal("Hi", ",", "you", ":", "1", "+", "1", "!");

    [Fact]
    public void White_space_parts_words() => Cut(PreTokenizer.CreateWhiteSpace(), " a,b  c ").Should().Equal("a,b", "c");

    [Fact]
    public void Punctuation_stands_alone() => Cut(PreTokenizer.CreateWordOrPunctuation(), "a..b").Should().Equal("a", ".", ".", "b");

    [Fact]
    public void Gpt2_keeps_the_space_before_a_word()
        => Cut(RobertaPreTokenizer.Instance, "I'll say  hello").Should().Equal("I", "'ll", " say", " ", " hello");

    [Fact]
    public void The_longest_special_token_wins()
    {
        var cutter = new RegexPreTokenizer(Some.Gpt2(), new Dictionary<string, int> { ["<a>"] = 1, ["<a><b>"] = 2 });
        Cut(cutter, "x<a><b> y<a>").Should().Equal("x", "<a><b>", " y", "<a>");
        cutter.PreTokenize("x<a>".AsSpan()).Should().Equal((0, 1), (1, 3));
    }
}
