using System.Text.Json;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

public sealed class ChatTemplateTests
{
    private static readonly Dictionary<string, string> Specials = new() { ["bos_token"] = "<s>", ["eos_token"] = "</s>" };

    private static readonly JsonElement Messages = Folders.Json(Path.Combine(Folders.Own, "templates"), "messages.json");

    private static string Render(string template, bool addGenerationPrompt = true, JsonElement? messages = null)
        => ChatTemplate.Parse(template, "here/chat_template.jinja").Render(messages ?? Messages, Specials, addGenerationPrompt);

    private static JsonElement Turns(params (string Role, string Content)[] turns)
        => JsonSerializer.SerializeToElement(turns.Select(t => new { role = t.Role, content = t.Content }));

    [Fact]
    public void What_Jinja_makes_of_a_template_is_what_comes_out()
    {
        var wrong = new List<string>();
        foreach (var line in Folders.Lines(Path.Combine(Folders.Own, "templates"), "rendered.jsonl"))
        {
            var template = line.GetProperty("template").GetString()!;
            string found;
            try
            {
                found = "text " + Render(template, line.GetProperty("add_generation_prompt").GetBoolean());
            }
            catch (ChatTemplateException e)
            {
                found = "error " + e.Reason;
            }
            catch (TokenizerFileException e) when (line.TryGetProperty("kind", out var kind) && kind.GetString() == "TemplateSyntaxError")
            {
                e.Message.Should().Contain("here/chat_template.jinja: line 1 of the chat template");
                continue;
            }
            catch (TokenizerFileException e)
            {
                found = "refused " + e.Message;
            }
            var expected = line.TryGetProperty("error", out var error) ? "error " + error.GetString() : "text " + line.GetProperty("text").GetString();
            if (found != expected)
                wrong.Add($"{template}\n  expected {expected}\n  found    {found}");
        }
        wrong.Should().BeEmpty();
    }

    [Theory]
    [InlineData("x\n{% include 'other' %}", 2, "{% include %}")]
    [InlineData("{% import 'a' as b %}", 1, "{% import %}")]
    [InlineData("{% extends 'a' %}", 1, "{% extends %}")]
    [InlineData("{% block a %}{% endblock %}", 1, "{% block %}")]
    [InlineData("{% call f() %}x{% endcall %}", 1, "{% call %}")]
    [InlineData("{% filter upper %}x{% endfilter %}", 1, "{% filter %}")]
    [InlineData("{% do x.append(1) %}", 1, "{% do %}")]
    [InlineData("{% endif %}", 1, "not expected here")]
    [InlineData("\n\n{{ messages | random }}", 3, "the filter 'random'")]
    [InlineData("{{ messages is filter }}", 1, "the test 'filter'")]
    [InlineData("{% for m in messages recursive %}{% endfor %}", 1, "recursive")]
    [InlineData("{{ f(*messages) }}", 1, "with *")]
    [InlineData("{{ 'a' ", 1, "tag {{ that does not end")]
    [InlineData("{{ 'a }}", 1, "text that does not end")]
    [InlineData("{# a", 1, "comment")]
    [InlineData("{% raw %}a", 1, "raw block")]
    [InlineData("{% if true %}a", 1, "does not end with endif")]
    [InlineData("{{ }}", 1, "where a value is expected")]
    [InlineData("{{ 1 1 }}", 1, "should end with }}")]
    [InlineData("{{ a ? b }}", 1, "'?'")]
    [InlineData("{{ 99999999999999999999 }}", 1, "too large")]
    public void What_is_not_supported_is_named_with_its_line_and_file(string template, int line, string named)
    {
        var parse = () => ChatTemplate.Parse(template, "model/chat_template.jinja");
        parse.Should().Throw<TokenizerFileException>().Which.Message.Should().Contain("model/chat_template.jinja").And.Contain($"line {line}").And.Contain(named);
    }

    [Theory]
    [InlineData("{{ 'a'.format(1) }}", ".format()")]
    [InlineData("{{ messages.append(1) }}", ".append()")]
    [InlineData("{{ messages[0].update({}) }}", ".update()")]
    [InlineData("{{ '%s' % 1 }}", "formats a text with %")]
    [InlineData("{{ ''.__class__ }}", "'__class__'")]
    [InlineData("{{ messages[0]._x }}", "'_x'")]
    [InlineData("{{ {1: 2} }}", "key that is no text")]
    [InlineData("{{ namespace() }}", "namespace")]
    [InlineData("{{ raise_exception }}", "function or macro")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "64 bits")]
    public void So_is_what_shows_only_when_it_runs(string template, string named)
    {
        var render = () => Render(template);
        render.Should().Throw<TokenizerFileException>().Which.Message.Should().Contain("here/chat_template.jinja").And.Contain("line 1").And.Contain(named);
    }

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}")]
    [InlineData("{% for a in range(100000) %}{{ 'x' * 100000 }}{% endfor %}")]
    [InlineData("{{ 'x' * 100000000000 }}")]
    [InlineData("{% set ns = namespace(x='abcdefgh') %}{% for a in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x='aa') %}{% for a in range(100) %}{% set ns.x = ns.x.replace('a', 'aaaaaaaa') %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for a in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{{ range(100000) | map('string') | join('x' * 1000000) }}")]
    [InlineData("{{ (range(100000) | list) * 100000 }}")]
    [InlineData("{{ range(100000) | list | unique | list }}")]
    public void A_template_that_would_never_end_is_stopped(string template)
    {
        var before = GC.GetTotalAllocatedBytes();
        var render = () => Render(template);
        render.Should().Throw<TokenizerFileException>().WithMessage("here/chat_template.jinja*");
        (GC.GetTotalAllocatedBytes() - before).Should().BeLessThan(4L << 30);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("not ", "")]
    [InlineData("- ", "")]
    [InlineData("{'a': ", "}")]
    public void Deep_nesting_ends_in_an_error_and_not_in_the_stack(string open, string close)
    {
        string Repeat(string part) => string.Concat(Enumerable.Repeat(part, 100_000));
        var render = () => Render("{{ " + Repeat(open) + "1" + Repeat(close) + " }}");
        render.Should().Throw<TokenizerFileException>().WithMessage("*nest*too deep*");
        var blocks = () => Render(string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000)));
        blocks.Should().Throw<TokenizerFileException>().WithMessage("*nest*too deep*");
    }

    [Fact]
    public void A_long_chain_is_worked_off_or_refused()
    {
        var chain = () => Render("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)) + " }}");
        try
        {
            chain().Should().Be("100001");
        }
        catch (TokenizerFileException e)
        {
            e.Message.Should().Contain("here/chat_template.jinja").And.Contain("too deep");
        }
    }

    [Fact]
    public void A_conversation_that_the_template_refuses_says_so_with_line_and_file()
    {
        var render = () => Render("a\n{{ raise_exception('no tools, please') }}");
        var refusal = render.Should().Throw<ChatTemplateException>().Which;
        refusal.Reason.Should().Be("no tools, please");
        refusal.Message.Should().Contain("here/chat_template.jinja, line 2").And.Contain("no tools, please");
    }

    [Theory]
    [InlineData("chatml", "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n<|im_start|>assistant\n")]
    [InlineData("llama2", "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nQ [/INST] A </s>")]
    [InlineData("llama3", "<s><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")]
    [InlineData("mistral", "<s> [INST] S\n\nQ [/INST] A</s>")]
    [InlineData("gemma", "<s><start_of_turn>user\nS\n\nQ<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n<start_of_turn>model\n")]
    [InlineData("zephyr", "<|system|>\nS</s>\n<|user|>\nQ</s>\n<|assistant|>\nA</s>\n<|assistant|>\n")]
    public void The_common_forms_are_known_by_name(string name, string expected)
    {
        ChatTemplate.Names.Should().Contain(name);
        ChatTemplate.Named(name).Render(Turns(("system", "S"), ("user", "Q"), ("assistant", "A")), Specials, addGenerationPrompt: true).Should().Be(expected);
    }

    [Theory]
    [InlineData("llama2")]
    [InlineData("mistral")]
    [InlineData("gemma")]
    public void Some_of_them_want_turns_to_alternate(string name)
    {
        var render = () => ChatTemplate.Named(name).Render(Turns(("user", "Q"), ("user", "R")), Specials, addGenerationPrompt: true);
        render.Should().Throw<ChatTemplateException>().Which.Reason.Should().Contain("turn 2 is by user");
    }

    [Fact]
    public void An_unknown_name_lists_those_that_are_known()
    {
        var named = () => ChatTemplate.Named("alpaca");
        named.Should().Throw<ArgumentException>().WithMessage("*'alpaca'*chatml, llama2, llama3, mistral, gemma, zephyr*");
    }

    [Fact]
    public void A_template_is_found_in_its_own_file_first_then_by_the_name_default()
    {
        var folder = Directory.CreateTempSubdirectory("template-").FullName;
        try
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Folders.Own, "gpt2-small")))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            TextTokenizer.Load(folder).ChatTemplateText.Should().BeNull();
            Configure("""[{"name":"tool_use","template":"T"},{"name":"default","template":"D"}]""");
            TextTokenizer.Load(folder).ChatTemplateText.Should().Be(("D", Path.Combine(folder, "tokenizer_config.json")));
            Configure("""[{"name":"tool_use","template":"T"},{"name":"rag","template":"R"}]""");
            var text = () => TextTokenizer.Load(folder).ChatTemplateText;
            text.Should().Throw<TokenizerFileException>().WithMessage("*rag, tool_use*none is named default*");
            File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), "J");
            TextTokenizer.Load(folder).ChatTemplateText.Should().Be(("J", Path.Combine(folder, "chat_template.jinja")));
            TextTokenizer.Load(folder).Save(Path.Combine(folder, "copy"));
            TextTokenizer.Load(Path.Combine(folder, "copy")).ChatTemplateText!.Value.Text.Should().Be("J");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Configure(string template) => File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), "{\"chat_template\":" + template + "}");
    }

    [Fact]
    public void The_time_of_day_is_not_there_so_that_equal_runs_are_equal()
    {
        Render("{{ strftime_now is defined }}").Should().Be("False");
        var render = () => Render("{{ strftime_now('%Y') }}");
        render.Should().Throw<ChatTemplateException>().Which.Reason.Should().Be("'strftime_now' is undefined");
    }
}
