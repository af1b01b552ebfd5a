using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

public sealed class BpeTrainerTests : IDisposable
{
    private static readonly string[] Texts =
        [.. Enumerable.Range(0, 200).Select(i => $"The {(i % 3 == 0 ? "lower" : "newest")} of {i} widest houses is the lowest, isn't it?")];

    private readonly string folder = Directory.CreateTempSubdirectory("trainer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private TextTokenizer Train(IEnumerable<string> texts, int size = 320, string name = "a", int minFrequency = 2)
        => BpeTrainer.Train(texts, new BpeTrainer.Options { VocabSize = size, MinFrequency = minFrequency }, Path.Combine(folder, name));

    [Fact]
    public void The_most_frequent_pair_becomes_a_token_first()
    {
        var tokenizer = Train(["aab aab aab"], 262, minFrequency: 1);
        // " aab" twice and "aab" once: (a, a) is in all three, then (aa, b).
        tokenizer.Decode([258]).Should().Be("aa");
        tokenizer.Decode([259]).Should().Be("aab");
        tokenizer.Decode([260]).Should().Be(" aab");
        tokenizer.VocabSize.Should().Be(261);
        tokenizer.Encode(" aab").Should().Equal(260);
    }

    [Fact]
    public void A_run_of_one_letter_is_counted_as_it_merges()
    {
        var tokenizer = Train(["aaaaaaaa", "aaaaaaaa"], 261, minFrequency: 1);
        tokenizer.Encode("aaaaaaaa").Should().Equal(260);
    }

    [Fact]
    public void Special_tokens_come_first_and_have_their_roles()
    {
        var tokenizer = Train(Texts);
        (tokenizer.PadId, tokenizer.EosId, tokenizer.BosId).Should().Be((0, 1, null));
        tokenizer.Encode("a<|eos|>b").Should().Contain(1);
        tokenizer.Decode([1]).Should().BeEmpty();
        tokenizer.Decode([1], skipSpecial: false).Should().Be("<|eos|>");
    }

    [Fact]
    public void Equal_texts_give_equal_bytes_in_any_order()
    {
        Train(Texts, name: "a");
        Train(Texts.Reverse(), name: "b");
        foreach (var file in Directory.GetFiles(Path.Combine(folder, "a")))
            File.ReadAllBytes(file).Should().Equal(File.ReadAllBytes(file.Replace("/a/", "/b/")));
    }

    [Fact]
    public void Every_text_comes_back()
    {
        var tokenizer = Train(Texts);
        foreach (var text in Texts.Concat(["日本 😀\r\n\t", "\0 é é"]))
            tokenizer.Decode(tokenizer.Encode(text)).Should().Be(text);
    }

    [Fact]
    public void Stops_where_the_pairs_run_out()
    {
        Train(["ab"], 9000, minFrequency: 2).VocabSize.Should().Be(258);
        Train([], 300, "empty").VocabSize.Should().Be(258);
    }

    [Fact]
    public void Agrees_with_counting_anew_before_every_merge()
    {
        var tokenizer = Train(Texts, 340, minFrequency: 1);
        var plain = PlainTrainer.Learn(Texts, 340 - 258);
        Enumerable.Range(258, 340 - 258).Select(id => tokenizer.Decode([id])).Should().Equal(plain);
    }

    [Fact]
    public void Too_small_a_vocabulary_is_refused()
    {
        var train = () => Train(Texts, 200);
        train.Should().Throw<ArgumentException>().WithMessage("*200*258*");
        var role = () => BpeTrainer.Train(Texts, new BpeTrainer.Options { SpecialTokens = ["<|pad|>"] }, folder);
        role.Should().Throw<ArgumentException>().WithMessage("*<|eos|>*");
    }
}
