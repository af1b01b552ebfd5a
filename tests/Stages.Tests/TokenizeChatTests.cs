using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Reading;
using DataflowRlhf.Stages.Tokens;

namespace DataflowRlhf.Stages.Tests;

public sealed class TokenizeChatTests : IDisposable
{
    private const string Plain = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}\n\n{% endif %}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

    private readonly string folder = Directory.CreateTempSubdirectory("chat-").FullName;
    private readonly TextTokenizer tokenizer;

    public TokenizeChatTests() => tokenizer = BpeTrainer.Train([], new BpeTrainer.Options { VocabSize = 258 }, folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task<TestStageRun> Run(Batch batch, string template = ChatWriter.FromTokenizer, TokenizedRows what = TokenizedRows.Pairs)
    {
        var run = new TestStageRun().With(what == TokenizedRows.Pairs ? "pairs" : "prompts", batch).WithModel("tokenizer", folder);
        await new Tokenize(new Tokenize.Options { ChatTemplate = template, What = what }).RunAsync(run);
        return run;
    }

    private static Batch Pair(string prompt, string chosen, string rejected)
        => Batch.Of(0, 1).With(Columns.RowId, ["r"]).With(Columns.Prompt, [prompt]).With(Columns.Chosen, [chosen]).With(Columns.Rejected, [rejected]);

    private void Template(string template) => File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), template);

    private string Text(int[] ids) => tokenizer.Decode(ids, skipSpecial: false);

    [Fact]
    public async Task A_dialogue_is_written_as_the_template_of_the_folder_writes_it()
    {
        Template(Plain);
        using var run = await Run(Pair("\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman:  two  \n\nAssistant:", " yes", " no\n\nHuman: why?\n\nAssistant: so"));
        Text(run.All(Columns.PromptIds)[0]).Should().Be("[user]Hi[assistant]Hello<|eos|>\n\n[user] two  [assistant]");
        Text(run.All(Columns.ChosenIds)[0]).Should().Be("yes<|eos|>");
        Text(run.All(Columns.RejectedIds)[0]).Should().Be("no<|eos|>\n\n[user]why?[assistant]so<|eos|>");
        run.All(Columns.ChosenIds)[0].Count(i => i == tokenizer.EosId).Should().Be(1);
    }

    [Fact]
    public async Task Lists_of_turns_come_through_the_reader_with_their_roles()
    {
        Template(Plain);
        var file = Path.Combine(folder, "turns.jsonl");
        File.WriteAllText(file, """
            {"prompt":[{"role":"system","content":"Be brief."},{"role":"user","content":" Q? "}],"chosen":[{"role":"assistant","content":"A"}],"rejected":[{"role":"assistant","content":"B"}]}

            """);
        using var read = new TestStageRun();
        await new ReadPreferences(new ReadPreferences.Options { Path = file }).RunAsync(read);
        using var run = await Run(read.Emitted.Single());
        Text(run.All(Columns.PromptIds)[0]).Should().Be("[system]Be brief.[user] Q? [assistant]");
        Text(run.All(Columns.ChosenIds)[0]).Should().Be("A<|eos|>");
    }

    [Fact]
    public async Task A_plain_prompt_is_one_turn_of_the_user()
    {
        Template(Plain);
        using var run = await Run(Pair("What?", " yes", "no"));
        Text(run.All(Columns.PromptIds)[0]).Should().Be("[user]What?[assistant]");
        Text(run.All(Columns.ChosenIds)[0]).Should().Be(" yes<|eos|>");
    }

    [Fact]
    public async Task Prompts_alone_are_written_too()
    {
        Template(Plain);
        using var run = await Run(Batch.Of(0, 1).With(Columns.Prompt, ["\n\nHuman: Hi\n\nAssistant:"]), what: TokenizedRows.Prompts);
        Text(run.All(Columns.PromptIds)[0]).Should().Be("[user]Hi[assistant]");
    }

    [Fact]
    public async Task Without_a_template_nothing_changes()
    {
        Template(Plain);
        using var run = await Run(Pair("\n\nHuman: Hi\n\nAssistant:", " yes", " no"), ChatWriter.None);
        Text(run.All(Columns.PromptIds)[0]).Should().Be("\n\nHuman: Hi\n\nAssistant:");
        Text(run.All(Columns.ChosenIds)[0]).Should().Be(" yes<|eos|>");
    }

    [Fact]
    public async Task A_common_template_goes_by_its_name()
    {
        using var run = await Run(Pair("Hi", "yes", "no"), "chatml");
        Text(run.All(Columns.PromptIds)[0]).Should().Be("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
        Text(run.All(Columns.ChosenIds)[0]).Should().Be("yes<|im_end|>\n<|eos|>");
    }

    [Theory]
    [InlineData("{{ raise_exception('never') }}", "Hi", "never")]
    [InlineData("{{ messages | length }}", "Hi", "writes the prompt in another way")]
    [InlineData(Plain, "\n\nHuman: Hi\n\nAssistant: Well,", "ends within an answer")]
    public async Task A_row_that_the_template_does_not_take_is_put_aside(string template, string prompt, string reason)
    {
        Template(template);
        using var run = await Run(Pair(prompt, "yes", "no"));
        run.Quarantined.Should().ContainSingle().Which.Reason.Should().Contain(reason);
        run.All(Columns.PromptIds).Should().BeEmpty();
    }

    [Theory]
    [InlineData("alpaca", null, "'alpaca' is none of none, from-tokenizer, chatml")]
    [InlineData("from-tokenizer", null, "has no chat template")]
    [InlineData("from-tokenizer", "a\n{% include 'x' %}", "line 2 of the chat template uses {% include %}")]
    [InlineData("from-tokenizer", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "steps")]
    public async Task What_cannot_be_used_ends_the_stage(string option, string? template, string message)
    {
        if (template is not null)
            Template(template);
        var run = async () => (await Run(Pair("Hi", "yes", "no"), option)).Dispose();
        (await run.Should().ThrowAsync<StageException>()).Which.Message.Should().Contain(message);
    }

    [Fact]
    public async Task An_edited_template_is_another_key_and_another_result()
    {
        using var place = new DataflowRlhf.Stages.Tests.Reading.Source();
        place.File("pairs.jsonl", new { prompt = "Hi", chosen = "yes", rejected = "no" });
        var pipeline = place.File("pipeline.yaml", "pipeline: chat", "seed: 7", "stages:", $$"""
              pairs: { uses: read-preferences, with: { path: pairs.jsonl } }
              tokens: { uses: tokenize, from: pairs, with: { tokenizer: {{folder}}, chat-template: from-tokenizer } }
            """);
        Template(Plain);
        var first = await Made();
        (await Made()).Key.Should().Be(first.Key);
        Template(Plain.Replace("[{{", "({{", StringComparison.Ordinal));
        var second = await Made();
        second.Key.Should().NotBe(first.Key);
        second.Digest.Should().NotBe(first.Digest);

        async Task<ArtifactRecord> Made()
        {
            var file = PipelineFile.Check(pipeline, [], new StageRegistry(typeof(Columns).Assembly));
            file.Mistakes.Should().BeEmpty();
            using var store = ArtifactStore.Open(place.Path("store"), TimeProvider.System);
            var result = await new Engine(store, TimeProvider.System).RunAsync(file.Graph!, new RunOptions(), new Silence(), TestContext.Current.CancellationToken);
            result.Outcome.Should().Be(RunOutcome.Done, result.Message);
            return result.Artifacts["tokens"];
        }
    }
}
