using System.Text.Json;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

public sealed class CanonicalCompositionTests
{
    [Theory]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\ud558\u11ab", "\ud55c")]
    [InlineData("a\u0307\u0323", "\u1ea1\u0307")]
    [InlineData("\u0958", "\u0915\u093c")]
    [InlineData("\u0301abc", "\u0301abc")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    public void Composes_as_the_annex_says(string text, string expected) => CanonicalComposition.Compose(text).Should().Be(expected);

    [Fact]
    public void What_is_composed_already_is_the_very_same_string()
    {
        const string text = "caf\u00e9 日本 😀";
        CanonicalComposition.Compose(text).Should().BeSameAs(text);
    }

    [Fact]
    public void Agrees_with_another_implementation()
    {
        var pairs = JsonSerializer.Deserialize<string[][]>(File.ReadAllText(Path.Combine(Folders.Own, "nfc.json")))!;
        pairs.Should().HaveCountGreaterThan(15);
        foreach (var pair in pairs)
            CanonicalComposition.Compose(pair[0]).Should().Be(pair[1]);
    }
}
