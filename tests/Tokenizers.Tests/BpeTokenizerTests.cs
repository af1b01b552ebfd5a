using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace DataflowRlhf.Tokenizers.Tests;

public sealed class BpeTokenizerTests
{
    [Fact]
    public void Merges_the_most_urgent_pair_first()
    {
        var tokens = Some.ByteLevel().EncodeToTokens("lower low", out var normalized);
        tokens.Select(t => t.Value).Should().Equal("low", "er", "Ġlow");
        tokens.Select(t => t.Offset).Should().Equal(0..3, 3..5, 5..9);
        normalized.Should().BeNull();
    }

    [Fact]
    public void Bytes_come_back_as_they_went_in()
    {
        var tokenizer = Some.ByteLevel();
        foreach (var text in new[] { "lower é", "日本語 😀", "a\0b\t\r\n", "   ", "\u00a0\u2028" })
            tokenizer.Decode(tokenizer.EncodeToIds(text)).Should().Be(text);
    }

    [Fact]
    public void Tokens_of_one_character_share_its_place()
    {
        var tokens = Some.ByteLevel().EncodeToTokens("a😀b", out _);
        tokens.Select(t => t.Offset).Should().Equal(0..1, 1..3, 1..3, 1..3, 1..3, 3..4);
    }

    [Fact]
    public void Without_a_pre_tokenizer_white_space_is_dropped()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(Some.ByteVocabulary("a b")) { Merges = ["a b"], ByteLevel = true });
        tokenizer.Decode(tokenizer.EncodeToIds("ab ab")).Should().Be("abab");
    }

    [Fact]
    public void Special_tokens_stand_apart_only_where_the_pre_tokenizer_knows_them()
    {
        var both = Some.ByteLevel(specials: true);
        both.EncodeToIds("low<|end|>low").Should().Equal(both.Vocabulary["low"], 900, both.Vocabulary["low"]);
        both.Decode([900, both.Vocabulary["low"]]).Should().Be("<|end|>low");
        both.Decode([900, both.Vocabulary["low"]], considerSpecialTokens: false).Should().Be("low");

        var optionsOnly = BpeTokenizer.Create(new BpeOptions(Some.ByteVocabulary()) { ByteLevel = true, PreTokenizer = new RegexPreTokenizer(Some.Gpt2(), null), SpecialTokens = Some.Specials });
        optionsOnly.EncodeToIds("ab<|end|>ab").Should().NotContain(900);
    }

    [Fact]
    public void Nothing_gives_nothing()
    {
        var tokenizer = Some.ByteLevel();
        tokenizer.EncodeToIds("").Should().BeEmpty();
        tokenizer.EncodeToIds((string)null!).Should().BeEmpty();
        tokenizer.CountTokens("").Should().Be(0);
        tokenizer.Decode([]).Should().BeEmpty();
    }

    [Theory]
    [InlineData("l q q")]
    [InlineData("lq w")]
    [InlineData("lo")]
    [InlineData("q e")]
    public void A_merge_that_the_vocabulary_cannot_follow_is_refused(string merge)
    {
        var make = () => BpeTokenizer.Create(new BpeOptions(new Dictionary<string, int> { ["l"] = 0, ["o"] = 1, ["e"] = 2 }) { Merges = [merge] });
        make.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Unknown_characters_become_the_unknown_token_and_fuse_where_asked()
    {
        var options = new BpeOptions(new Dictionary<string, int> { ["?"] = 0, ["a"] = 1, ["b"] = 2, ["ab"] = 3 })
        {
            Merges = ["a b"],
            UnknownToken = "?",
            PreTokenizer = PreTokenizer.CreateWhiteSpace(),
        };
        BpeTokenizer.Create(options).EncodeToIds("abxya").Should().Equal(3, 0, 0, 1);
        options.FuseUnknownTokens = true;
        BpeTokenizer.Create(options).EncodeToTokens("abxya", out _).Should().Equal(
            new EncodedToken(3, "ab", 0..2), new EncodedToken(0, "?", 2..4), new EncodedToken(1, "a", 4..5));
    }

    [Fact]
    public void Parts_inside_a_word_and_its_end_are_marked_where_the_model_says_so()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(new Dictionary<string, int> { ["a"] = 0, ["##b"] = 1, ["##c</w>"] = 2, ["ab"] = 3 })
        {
            Merges = ["a ##b"],
            ContinuingSubwordPrefix = "##",
            EndOfWordSuffix = "</w>",
        });
        tokenizer.EncodeToIds("abc").Should().Equal(3, 2);
        tokenizer.Decode([3, 2]).Should().Be("abc ");
    }

    [Fact]
    public void A_missing_byte_is_dropped_and_a_missing_id_skipped()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(new Dictionary<string, int> { ["a"] = 0 }) { ByteLevel = true });
        tokenizer.EncodeToIds("aba").Should().Equal(0, 0);
        tokenizer.Decode([0, 77, -3, 0]).Should().Be("aa");
    }

    [Fact]
    public void Sentences_are_framed_where_the_options_name_the_frame()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(new Dictionary<string, int> { ["a"] = 5, ["<s>"] = 1, ["</s>"] = 2 })
        {
            BeginningOfSentenceToken = "<s>",
            EndOfSentenceToken = "</s>",
        });
        tokenizer.EncodeToIds("a").Should().Equal(1, 5, 2);
        tokenizer.Decode([1, 5, 2], considerSpecialTokens: false).Should().Be("a");
    }

    [Fact]
    public void Stops_after_so_many_tokens_and_never_inside_a_character()
    {
        var tokenizer = Some.ByteLevel();
        tokenizer.EncodeToIds("low low lower", 2, out var normalized, out var consumed).Should().HaveCount(2);
        consumed.Should().Be("low low".Length);
        normalized.Should().BeNull();
        tokenizer.EncodeToIds("low😀", 3, out _, out consumed).Should().HaveCount(1);
        consumed.Should().Be(3);
        var none = () => tokenizer.EncodeToIds("low", 0, out _, out _);
        none.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Finds_where_the_first_and_the_last_tokens_are()
    {
        var tokenizer = Some.ByteLevel();
        tokenizer.GetIndexByTokenCount("low low lower", 2, out _, out var count).Should().Be(7);
        count.Should().Be(2);
        tokenizer.GetIndexByTokenCountFromEnd("low low lower", 1, out _, out count).Should().Be(11);
        count.Should().Be(1);
        tokenizer.GetIndexByTokenCount("low", 9, out _, out count).Should().Be(3);
        count.Should().Be(1);
    }

    [Fact]
    public void A_small_destination_gets_what_fits()
    {
        var tokenizer = Some.ByteLevel();
        var ids = tokenizer.EncodeToIds("low low");
        Span<char> destination = stackalloc char[5];
        tokenizer.Decode(ids, destination, out var used, out var written).Should().Be(OperationStatus.DestinationTooSmall);
        (used, written).Should().Be((1, 3));
        tokenizer.Decode(ids, new char[7], out used, out written).Should().Be(OperationStatus.Done);
        (used, written).Should().Be((2, 7));
    }

    [Fact]
    public void Half_a_character_decodes_to_the_replacement_character()
    {
        var tokenizer = Some.ByteLevel();
        tokenizer.Decode(tokenizer.EncodeToIds("😀").Take(2)).Should().Be("\uFFFD");
    }

    [Fact]
    public void Reads_the_two_files_of_gpt2()
    {
        using var vocabulary = new MemoryStream("""{"a":0,"b":1,"ab":2}"""u8.ToArray());
        using var merges = new MemoryStream("#version: 0.2\na b\n"u8.ToArray());
        BpeTokenizer.Create(vocabulary, merges).EncodeToIds("ab b").Should().Equal(2, 1);
        using var broken = new MemoryStream("[1]"u8.ToArray());
        var read = () => BpeTokenizer.Create(broken, null);
        read.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_normalizer_rewrites_the_text_and_the_places_are_in_what_it_wrote()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(Some.ByteVocabulary(Some.Merges))
        {
            Merges = Some.Merges,
            ByteLevel = true,
            Normalizer = LowerCaseNormalizer.Instance,
        });
        tokenizer.EncodeToTokens("LOW", out var normalized).Single().Value.Should().Be("low");
        normalized.Should().Be("low");
        tokenizer.EncodeToIds("LOW", considerNormalization: false).Should().HaveCount(3);
    }

    [Fact]
    public void Agrees_with_a_plain_loop_on_short_and_long_words()
    {
        var random = new Random(3);
        var text = string.Concat(Enumerable.Range(0, 3000).Select(_ => (char)('a' + random.Next(random.Next(1, 5)))));
        var merges = Some.Learn(text, 60);
        var tokenizer = Some.ByteLevel(merges);
        foreach (var length in Enumerable.Range(1, 80).Append(500).Append(2000))
        {
            var word = text.Substring(random.Next(text.Length - length), length);
            tokenizer.EncodeToTokens(word, out _).Select(t => t.Value).Should().Equal(Plainly(word, merges));
            tokenizer.EncodeToIds(word).Should().Equal(tokenizer.EncodeToTokens(word, out _).Select(t => t.Id));
        }
    }

    [Fact]
    public void One_endless_word_is_merged_in_no_time()
    {
        var tokenizer = Some.ByteLevel(["a a", "aa aa", "aaaa aaaa"]);
        var ids = tokenizer.EncodeToIds(new string('a', 400_003));
        ids.Should().HaveCount(50_002);
        tokenizer.Decode(ids).Should().HaveLength(400_003);
    }

    [Fact]
    public void Threads_may_share_it()
    {
        var tokenizer = Some.ByteLevel();
        var texts = Enumerable.Range(0, 400).Select(i => $"low {i} lower {i * 7}").ToArray();
        var alone = texts.Select(t => string.Join(',', tokenizer.EncodeToIds(t))).ToArray();
        var fresh = Some.ByteLevel();
        texts.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(t => string.Join(',', fresh.EncodeToIds(t))).Should().Equal(alone);
    }

    private static List<string> Plainly(string word, string[] merges)
    {
        var symbols = word.Select(c => c.ToString()).ToList();
        while (true)
        {
            var best = (Rank: int.MaxValue, At: -1);
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                var rank = Array.IndexOf(merges, $"{symbols[i]} {symbols[i + 1]}");
                if (rank >= 0 && rank < best.Rank)
                    best = (rank, i);
            }
            if (best.At < 0)
                return symbols;
            symbols[best.At] += symbols[best.At + 1];
            symbols.RemoveAt(best.At + 1);
        }
    }
}
