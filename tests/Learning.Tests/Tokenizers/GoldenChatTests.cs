using System.Text.Json;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>Every conversation of every tokenizer folder that has a chat template.</summary>
[Parity("tokenizers")]
public sealed class GoldenChatTests
{
    public static TheoryData<string> Names() => [.. Folders.All.Where(f => new[] { "chat_cases.jsonl", "chat_template.jinja" }.Any(n => File.Exists(Path.Combine(f, n)))
        || File.ReadAllText(Path.Combine(f, "tokenizer_config.json")).Contains("\"chat_template\"", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Conversations_become_the_text_and_ids_of_the_file(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        var template = ChatTemplate.Of(tokenizer)!;
        var lines = Folders.Lines(folder, "chat_cases.jsonl").ToList();
        lines.Should().NotBeEmpty();
        foreach (var line in lines)
        {
            var render = () => template.Render(line.GetProperty("messages"), tokenizer.SpecialTokens, line.GetProperty("add_generation_prompt").GetBoolean());
            if (line.TryGetProperty("error", out var error))
            {
                render.Should().Throw<ChatTemplateException>().Which.Reason.Should().Be(error.GetString());
                continue;
            }
            var text = render();
            text.Should().Be(line.GetProperty("text").GetString());
            tokenizer.Encode(text).Should().Equal(Fixtures.Ids(line.GetProperty("ids")));
        }
    }
}
