using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>Every case of every tokenizer folder.</summary>
[Parity("tokenizers")]
public sealed class GoldenCasesTests
{
    public static TheoryData<string> Names() => [.. Folders.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_get_the_ids_that_they_must_get(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(folder, "cases.jsonl"))
            tokenizer.Encode(line.GetProperty("text").GetString()!).Should().Equal(Ids(line), "{0}", line.GetProperty("name"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tokens_and_their_places_in_the_text_are_those_of_the_file(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(folder, "cases.jsonl"))
        {
            var name = line.GetProperty("name").GetString();
            var found = tokenizer.EncodeWithOffsets(line.GetProperty("text").GetString()!);
            found.Ids.Should().Equal(Ids(line), "{0}", name);
            if (line.TryGetProperty("tokens", out var tokens))
                found.Tokens.Select(t => t.Text).Should().Equal(tokens.EnumerateArray().Select(t => t.GetString()), "{0}", name);
            var places = found.Tokens.Select(t => (t.Start, t.End)).ToList();
            if (line.TryGetProperty("offsets", out var offsets))
                places.Should().Equal(Places(offsets), "{0}", name);
            if (line.TryGetProperty("offsets_first", out var first))
                places.Take(64).Should().Equal(Places(first), "{0}", name);
            if (line.TryGetProperty("offsets_last", out var last))
                places.TakeLast(64).Should().Equal(Places(last), "{0}", name);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_get_their_texts_back(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(folder, "cases.jsonl").Concat(Folders.Lines(folder, "decode_cases.jsonl")))
        {
            Check(line, "decoded", skipSpecial: false);
            Check(line, "decoded_skip_special", skipSpecial: true);
        }

        void Check(JsonElement line, string name, bool skipSpecial)
        {
            var decoded = tokenizer.Decode(Ids(line), skipSpecial);
            if (line.TryGetProperty(name + "_sha256", out var hash))
            {
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(decoded))).Should().Be(hash.GetString(), "{0}", line.GetProperty("name"));
                return;
            }
            var expected = line.GetProperty(name);
            decoded.Should().Be(expected.ValueKind == JsonValueKind.True ? line.GetProperty("text").GetString() : expected.GetString(), "{0}", line.GetProperty("ids"));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_frame_around_a_text_is_that_of_the_file(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        var special = Folders.Json(folder, "special.json");
        tokenizer.PrefixIds.Should().Equal(Ids(special, "prefix_ids"));
        tokenizer.SuffixIds.Should().Equal(Ids(special, "suffix_ids"));
        tokenizer.VocabSize.Should().Be(special.GetProperty("vocab_size_with_added").GetInt32());
        foreach (var added in special.GetProperty("added_tokens").EnumerateArray())
            tokenizer.IdOf(added.GetProperty("content").GetString()!).Should().Be(added.GetProperty("id").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Batches_are_cut_and_filled_up_as_in_the_file(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var batch in Folders.Json(folder, "batch_cases.json").GetProperty("batches").EnumerateArray())
        {
            var options = new TokenBatch.Options
            {
                PaddingSide = SideOf(batch.GetProperty("padding_side").GetString()!),
                PadId = tokenizer.IdOf(batch.GetProperty("pad_token").GetString()!),
                MultipleOf = Number("pad_to_multiple_of") ?? 1,
                MaxTokens = Number("max_length"),
                TruncationSide = batch.GetProperty("truncation_side").GetString() is { } side ? SideOf(side) : Side.Right,
            };
            var found = TokenBatch.Of(tokenizer, [.. batch.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!)], options);
            Rows(found.Ids, "input_ids");
            Rows(found.Attention, "attention_mask");
            Rows(found.Special, "special_tokens_mask");

            int? Number(string name) => batch.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null;

            void Rows(int[][] rows, string name)
                => rows.Select(r => string.Join(' ', r)).Should().Equal(batch.GetProperty(name).EnumerateArray().Select(r => string.Join(' ', r.EnumerateArray())), "{0} with {1}", name, options);
        }

        static Side SideOf(string side) => Enum.Parse<Side>(side, ignoreCase: true);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pairs_are_joined_as_in_the_file(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var pair in Folders.Json(folder, "batch_cases.json").GetProperty("pairs").EnumerateArray())
        {
            var found = PairEncoding.Of(tokenizer, pair.GetProperty("a").GetString()!, pair.GetProperty("b").GetString()!);
            found.Ids.Should().Equal(Ids(pair, "input_ids"));
            found.TypeIds.Should().Equal(Ids(pair, "type_ids"));
            found.Texts.Should().Equal(pair.GetProperty("sequence_ids").EnumerateArray().Select(t => t.ValueKind == JsonValueKind.Null ? (int?)null : t.GetInt32()));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Long_texts_take_no_longer_than_their_length(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var unit in new[] { "pneumono", " ", "a", "\n", "\u00e9", "9", "!?" })
        {
            var (shorter, longer) = (Repeat(unit, 20_000), Repeat(unit, 320_000));
            Seconds(longer).Should().BeLessThan(100 * Math.Max(0.01, Seconds(shorter)), "{0} comes sixteen times as often", unit);
        }

        double Seconds(string text)
        {
            return Enumerable.Range(0, 3).Min(_ =>
            {
                var start = System.Diagnostics.Stopwatch.GetTimestamp();
                tokenizer.Encode(text);
                return System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
            });
        }

        static string Repeat(string unit, int length) => new StringBuilder().Insert(0, unit, length / unit.Length).ToString();
    }

    [Fact]
    public void A_plain_loop_finds_the_same_ids()
    {
        var folder = Path.Combine(Folders.Own, "gpt2-small");
        var tokenizer = TextTokenizer.Load(folder);
        var plain = PlainByteLevel.Load(folder);
        foreach (var line in Folders.Lines(folder, "cases.jsonl"))
        {
            var text = line.GetProperty("text").GetString()!;
            if (!text.Any(char.IsSurrogate) && !text.Contains("<|"))
                tokenizer.Encode(text).Should().Equal(plain.Encode(text), line.GetProperty("name").GetString());
        }
    }

    private static IEnumerable<(int, int)> Places(JsonElement list) => list.EnumerateArray().Select(p => (p[0].GetInt32(), p[1].GetInt32()));

    private static int[] Ids(JsonElement line, string name = "ids") => Fixtures.Ids(line.GetProperty(name));
}
