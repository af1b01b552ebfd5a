using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Policies;
using DataflowRlhf.Stages.Reading;
using DataflowRlhf.Stages.Tokens;
using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Stages.Tests.Reading;

/// <summary>TRL's dataset forms: read, or refused by name.</summary>
public sealed class FormsTests : IDisposable
{
    private readonly Source source = new();

    public void Dispose() => source.Dispose();

    private static object User(string content) => new { role = "user", content };

    private static object Bot(string content) => new { role = "assistant", content };

    public static TheoryData<string, string, string> Refused() => new()
    {
        { """{"prompt": "Q", "completion": "A", "label": true}""", "unpaired form", "label true" },
        { """{"prompt": "Q", "completion": "A"}""", "prompt-completion form", "as chosen" },
        { """{"prompt": "Q", "completions": ["A"], "labels": [true]}""", "stepwise supervision", "chosen and rejected" },
        { """{"prompt": "Q"}""", "prompt-only form", "write:  uses: read-prompts" },
        { """{"prompt": [{"role": "user", "content": "Q"}], "source": "web"}""", "prompt-only form", "write:  uses: read-prompts" },
        { """{"messages": [{"role": "user", "content": "Q"}]}""", "language modelling", "chosen and rejected" },
        { """{"text": "A"}""", "language modelling", "chosen and rejected" },
        { """{"prompt": "Q", "answers": [{"answer": "a", "rank": 1}]}""", "ranked lists", "write:  ranked: true" },
        { """{"prompt": "Q", "responses": ["a"], "ranks": [1]}""", "ranked lists", "write:  ranked: true" },
        { """{"question": "Q", "good": "A", "bad": "B"}""", "question, good, bad", "chosen and rejected" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Other_forms_are_refused_by_name_with_what_to_do(string line, string name, string remedy) =>
        (await Source.Complaint(source.File("a.jsonl", line))).Should().StartWith(source.Path("a.jsonl")).And.Contain(name).And.Contain(remedy);

    [Fact]
    public async Task The_unpaired_form_is_refused_in_parquet_too()
    {
        var (prompt, completion, label) = (new DataField<string>("prompt"), new DataField<string>("completion"), new DataField<bool>("label"));
        await using (var stream = System.IO.File.Create(source.Path("a.parquet")))
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(prompt, completion, label), stream))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(prompt, (string?[])["Q"]);
            await group.WriteAsync(completion, (string?[])["A"]);
            await group.WriteAsync<bool>(label, new[] { true }.AsMemory());
        }
        (await Source.Complaint(source.Path("a.parquet"))).Should().Contain("unpaired form (prompt, completion, label)");
    }

    [Fact]
    public async Task Prompts_alone_are_texts_or_turns_with_the_ids_and_the_split_of_pairs()
    {
        var texts = Enumerable.Range(0, 400).Select(i => $"\n\nHuman: Question {i}\n\nAssistant:").ToList();
        using var prompts = await Source.Prompts(source.File("a.jsonl", texts.Select((t, i) => i % 2 == 0 ? (object)new { prompt = t } : new { prompt = new[] { User($"Question {i}") } })), 0.3);
        using var pairs = await Source.Pairs(source.File("b.jsonl", texts.Select(t => Source.Pair(t))), o => o with { Validation = 0.3 });
        prompts.All(Columns.Prompt).Should().Equal(texts);
        prompts.All(Columns.Split).Should().Equal(pairs.All(Columns.Split)).And.Contain("validation");
        prompts.All(Columns.RowId).Should().OnlyHaveUniqueItems();
        prompts.Emitted[0].Columns.Select(c => c.Name).Should().BeEquivalentTo(["row_id", "prompt", "split", "source_row"]);
        new ReadPrompts(new() { Path = "x" }).Ports.Output.Should().BeOfType<DatasetOutput>().Which.Adds.Should().Equal(Columns.RowId, Columns.Prompt, Columns.Split, Columns.SourceRow);
    }

    [Fact]
    public async Task Prompts_keep_their_own_ids_and_bad_ones_are_put_aside()
    {
        using var run = await Source.Prompts(source.File("a.jsonl",
            new { prompt = "one", row_id = 7, split = "ood" }, new { prompt = "two", row_id = "x" }, new { prompt = " ", row_id = "y" }, new { prompt = "three", row_id = "x" },
            new { prompt = 3, row_id = "z" }, new { prompt = "one", row_id = "w", split = "train" }, "{"));
        run.All(Columns.RowId).Should().Equal("7", "x");
        run.All(Columns.Split)[0].Should().Be("ood");
        run.Quarantined.Select(q => q.Reason).Should().SatisfyRespectively(
            r => r.Should().Be("the prompt is empty"), r => r.Should().Contain("'x' is taken"), r => r.Should().Contain("neither a text nor a list"),
            r => r.Should().Contain("never on two sides"), r => r.Should().Contain("not JSON"));
    }

    [Fact]
    public async Task Prompts_may_be_taken_from_other_forms_that_have_them()
    {
        using var run = await Source.Prompts(source.File("a.jsonl", """{"prompt": "Q", "completion": "A", "label": true}"""));
        run.All(Columns.Prompt).Should().Equal("Q");
        (await Source.Complaint(() => Source.Prompts(source.File("b.jsonl", new { chosen = "c", rejected = "r" })))).Should().Contain("uses: read-preferences");
        (await Source.Complaint(() => Source.Prompts(source.File("c.jsonl", new { text = "c" })))).Should().Contain("language modelling");
        (await Source.Complaint(() => Source.Prompts(source.File("d.jsonl", "{")))).Should().Contain("none of the 1 rows holds a prompt. d.jsonl:1");
    }

    [Fact]
    public async Task Tokenized_prompts_serve_as_prompts()
    {
        using var world = new TinyWorld();
        var prompts = await Source.Prompts(source.File("a.jsonl", Enumerable.Range(0, 6).Select(i => new { prompt = $"Question {i}" })), 0);
        using var tokens = new TestStageRun().With("prompts", [.. prompts.Emitted]);
        var stage = new Tokenize(new() { What = TokenizedRows.Prompts, Tokenizer = world.Tokenizer() });
        await stage.RunAsync(tokens);
        using var sampled = new TestStageRun().With("prompts", [.. tokens.Emitted]).WithModel("policy", world.LanguageModel());
        await new SampleResponses(new() { PerPrompt = 2, MaxNewTokens = 4 }).RunAsync(sampled);
        sampled.All(Columns.RowId).Should().Equal(prompts.All(Columns.RowId));
        sampled.All(Columns.Responses).Should().HaveCount(6).And.OnlyContain(r => r.Length == 2);
        prompts.Dispose();
    }

    [Fact]
    public async Task A_text_beside_turns_is_the_question_that_they_answer_or_repeat()
    {
        using var run = await Source.Pairs(source.File("a.jsonl",
            new { prompt = "Hi", chosen = new[] { User("Hi"), Bot("yes") }, rejected = new[] { User("Hi"), Bot("no") } },
            new { prompt = "Hi", chosen = new[] { Bot("yes") }, rejected = new[] { Bot("no") } },
            new { prompt = "\n\nHuman: Hi\n\nAssistant:", chosen = new[] { Bot("yes") }, rejected = new[] { Bot("no") } },
            new { prompt = "Hi", chosen = new[] { User("Hi"), Bot("yes") }, rejected = new[] { User("Ho"), Bot("no") } }));
        run.All(Columns.Prompt).Should().AllBe("\n\nHuman: Hi\n\nAssistant:").And.HaveCount(3);
        run.All(Columns.Chosen).Should().AllBe(" yes");
        run.All(Columns.Rejected).Should().AllBe(" no");
        run.Quarantined.Single().Reason.Should().Contain("share no turn");
    }

    [Fact]
    public async Task Turns_and_texts_of_one_dialogue_are_one_pair()
    {
        using var run = await Source.Pairs(source.File("a.jsonl",
            new { prompt = new[] { User("Hi") }, chosen = new[] { Bot("yes") }, rejected = new[] { Bot("no") } },
            new { chosen = new[] { User("Hi"), Bot("yes") }, rejected = new[] { User("Hi"), Bot("no") } },
            new { chosen = "\n\nHuman: Hi\n\nAssistant: yes", rejected = "\n\nHuman: Hi\n\nAssistant: no" }));
        run.All(Columns.Prompt).Should().AllBe("\n\nHuman: Hi\n\nAssistant:").And.HaveCount(3);
        run.All(Columns.Chosen).Should().AllBe(" yes");
    }
}
