using System.IO.Compression;
using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Reading;
using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Stages.Tests;

public sealed class ReadPreferencesTests : IDisposable
{
    private const string Dialogue = "\n\nHuman: Hi\n\nAssistant: Hello!\n\nHuman: A colour?\n\nAssistant:";

    private readonly string folder = Directory.CreateTempSubdirectory("read-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string File(string name, params IEnumerable<object> rows)
    {
        var path = Path.Combine(folder, name);
        System.IO.File.WriteAllLines(path, rows.Select(r => r as string ?? JsonSerializer.Serialize(r)));
        return path;
    }

    private static async Task<TestStageRun> Read(ReadPreferences.Options options)
    {
        var run = new TestStageRun();
        await new ReadPreferences(options).RunAsync(run);
        return run;
    }

    private static Task<TestStageRun> Read(string path, double validation = 0.05) => Read(new ReadPreferences.Options { Path = path, Validation = validation });

    private static async Task<string> Complaint(string path, bool strengths = false)
    {
        var read = () => Read(new ReadPreferences.Options { Path = path, Strengths = strengths });
        return (await read.Should().ThrowAsync<StageException>()).Which.Message;
    }

    [Fact]
    public async Task An_explicit_prompt_is_taken_as_it_is()
    {
        using var run = await Read(File("a.jsonl", new { prompt = "Q", chosen = "good", rejected = "bad" }));
        run.All(Columns.Prompt).Should().Equal("Q");
        run.All(Columns.Chosen).Should().Equal("good");
        run.All(Columns.Rejected).Should().Equal("bad");
    }

    [Fact]
    public async Task Two_dialogues_share_their_prompt_up_to_the_last_mark()
    {
        using var run = await Read(File("a.jsonl",
            new { chosen = Dialogue + " Blue", rejected = Dialogue + " Black" },
            new { chosen = Dialogue + " Red\n\nHuman: More\n\nAssistant: No", rejected = Dialogue + " Rose" }));
        run.All(Columns.Prompt).Should().AllBe(Dialogue);
        run.All(Columns.Chosen).Should().Equal(" Blue", " Red\n\nHuman: More\n\nAssistant: No");
        run.All(Columns.Rejected).Should().Equal(" Black", " Rose");
    }

    [Fact]
    public async Task Lists_of_turns_become_dialogues_with_and_without_a_prompt()
    {
        object User(string content) => new { role = "user", content };
        object Bot(string content) => new { role = "assistant", content };
        using var run = await Read(File("a.jsonl",
            new { prompt = new[] { User("Hi"), Bot("Hello!"), User("A colour?") }, chosen = new[] { Bot("Blue") }, rejected = new[] { Bot("Mud") } },
            new { chosen = new[] { User("Hi"), Bot("Hello!"), User("A colour?"), Bot("Blue") }, rejected = new[] { User("Hi"), Bot("Hello!"), User("A colour?"), Bot("Mud") } },
            new { chosen = new[] { "Human: Hi", "Assistant: Hello!", "Human: A colour?", "Assistant: Blue" }, rejected = new[] { "Hi", "Hello!", "A colour?", "Mud" } }));
        run.All(Columns.Prompt).Should().AllBe(Dialogue).And.HaveCount(3);
        run.All(Columns.Chosen).Should().AllBe(" Blue");
        run.All(Columns.Rejected).Should().AllBe(" Mud");
    }

    [Fact]
    public async Task Whole_dialogues_beside_their_prompt_lose_it()
    {
        using var run = await Read(File("a.jsonl", new { prompt = Dialogue, chosen = Dialogue + " Blue", rejected = Dialogue + " Black" }, new { prompt = "I", chosen = "I think", rejected = "I guess" }));
        run.All(Columns.Chosen).Should().Equal(" Blue", "I think");
    }

    [Fact]
    public async Task Bad_rows_are_put_aside_with_the_reason()
    {
        using var run = await Read(File("a.jsonl",
            new { prompt = "Q", chosen = "good", rejected = "bad" },
            "{\"prompt\": \"Q\", ",
            "[1]",
            "",
            new { prompt = "Q", chosen = "good" },
            new { prompt = "Q", chosen = "good", rejected = " \n" },
            new { chosen = "good", rejected = "bad" },
            new { prompt = "Q", chosen = 7, rejected = "bad" },
            new { prompt = "Q", chosen = new[] { new { role = "dog", content = "wuff" } }, rejected = "bad" },
            new { row_id = "x", prompt = "Q", chosen = "1", rejected = "2" },
            new { row_id = "x", prompt = "Q", chosen = "3", rejected = "4" }));
        run.All(Columns.Chosen).Should().Equal("good", "1");
        run.Quarantined.Select(q => q.RowId).Should().Equal("a.jsonl:2", "a.jsonl:3", "a.jsonl:5", "a.jsonl:6", "a.jsonl:7", "a.jsonl:8", "a.jsonl:9", "a.jsonl:11");
        run.Quarantined[0].Reason.Should().Contain("not JSON");
        run.Quarantined[2].Reason.Should().Contain("'rejected' is missing");
        run.Quarantined[3].Reason.Should().Contain("rejected response is empty");
        run.Quarantined[4].Reason.Should().Contain("share no turn");
        run.Quarantined[6].Reason.Should().Contain("'dog'");
        run.Quarantined[7].Reason.Should().Contain("'x' is taken");
        run.Summary["quarantined"]!.GetValue<long>().Should().Be(8);
    }

    [Fact]
    public async Task Other_columns_pass_with_their_types()
    {
        using var run = await Read(File("a.jsonl",
            new { prompt = "Q", chosen = "1", rejected = "2", source = "web", stars = 3, weight = 0.5, ok = true, tags = new[] { "a", "b" }, margin = 1, odd = new { x = 1 } },
            new { prompt = "Q", chosen = "3", rejected = "4", source = (string?)null, stars = 4, weight = 2, ok = false, tags = Array.Empty<string>(), margin = -0.5, odd = new { x = 2 } }));
        run.All(new Column<string>("source")).Should().Equal("web", "");
        run.All(new Column<long>("stars")).Should().Equal(3, 4);
        run.All(new Column<double>("weight")).Should().Equal(0.5, 2);
        run.All(new Column<bool>("ok")).Should().Equal(true, false);
        run.All(new Column<string[]>("tags")).Should().BeEquivalentTo(new[] { new[] { "a", "b" }, [] });
        run.All(Columns.Margin).Should().Equal(1f, -0.5f);
        run.Emitted[0].Has("odd").Should().BeFalse();
        run.Warned.Should().ContainSingle().Which.Should().Contain("'odd'");
    }

    [Fact]
    public async Task A_column_that_changes_its_type_is_not_bent_in_silence()
    {
        var rows = Enumerable.Range(0, 300).Select(i => (object)new Dictionary<string, object> { ["prompt"] = "Q", ["chosen"] = $"{i}", ["rejected"] = "r", ["stars"] = i < 290 ? i : i + 0.5 });
        (await Complaint(File("a.jsonl", rows))).Should().Contain("'stars' holds int64").And.Contain("290.5");
    }

    [Fact]
    public async Task Published_strengths_are_taken_under_our_names()
    {
        var row = new Dictionary<string, object>
        {
            ["chosen"] = Dialogue + " Blue", ["rejected"] = Dialogue + " Mud",
            ["mean preference difference"] = 1.5, ["std preference difference"] = 0.25, ["chosen score list"] = new[] { 1, 2.5 }, ["rejected score list"] = new[] { 0, 1 },
        };
        var options = new ReadPreferences.Options { Path = File("a.jsonl", row), Strengths = true };
        ((DatasetOutput)new ReadPreferences(options).Ports.Output).Adds.Should().Contain(Columns.StrengthMean).And.Contain(Columns.ChosenScores);
        using var run = await Read(options);
        run.All(Columns.StrengthMean).Should().Equal(1.5f);
        run.All(Columns.StrengthStd).Should().Equal(0.25f);
        run.All(Columns.ChosenScores).Single().Should().Equal(1f, 2.5f);
        (await Complaint(File("c.jsonl", new Dictionary<string, object>(row) { ["std preference difference"] = "much" }), strengths: true)).Should().Contain("'std preference difference' is no finite number");
        (await Complaint(File("d.jsonl", new Dictionary<string, object>(row) { ["chosen score list"] = new[] { 1.5, 2, 3 } }), strengths: true)).Should().Contain("3 scores of the chosen response and 2 of");
        (await Complaint(File("e.jsonl", new Dictionary<string, object>(row) { ["rejected score list"] = Array.Empty<int>() }), strengths: true)).Should().Contain("'rejected score list' is no list");
        row.Remove("mean preference difference");
        (await Complaint(File("b.jsonl", row), strengths: true)).Should().Contain("mean preference difference");
    }

    [Fact]
    public async Task A_row_keeps_its_id_wherever_it_stands()
    {
        var rows = Enumerable.Range(0, 30).Select(i => (object)new { prompt = $"Q{i}", chosen = "good", rejected = "bad" }).ToList();
        using var forwards = await Read(File("a.jsonl", rows));
        using var backwards = await Read(File("b.jsonl", Enumerable.Reverse(rows).Append(rows[0])));
        var ids = forwards.All(Columns.RowId);
        ids.Should().OnlyHaveUniqueItems();
        backwards.All(Columns.RowId).Should().Equal(ids.Reverse().Append(ids[0] + "-2"));
    }

    [Fact]
    public async Task A_prompt_and_its_continuations_are_never_on_two_sides()
    {
        var rows = Enumerable.Range(0, 900).Select(i => (object)new
        {
            prompt = $"\n\nHuman: Question {i % 300}\n\nAssistant:" + (i < 300 ? "" : $" Yes {i}\n\nHuman: More\n\nAssistant:"),
            chosen = $"a{i}",
            rejected = $"b{i}",
        });
        using var run = await Read(File("a.jsonl", rows), validation: 0.2);
        var sides = run.All(Columns.Prompt).Select(p => p.Split("\n\nAssistant:")[0]).Zip(run.All(Columns.Split)).GroupBy(p => p.First, p => p.Second).ToList();
        sides.Should().OnlyContain(g => g.Distinct().Count() == 1);
        sides.Count(g => g.First() == "validation").Should().BeInRange(36, 84); // 300 prompts, 20 %: 60 ± 3.5 deviations
        run.Summary["validation_rows"]!.GetValue<long>().Should().Be(run.All(Columns.Split).Count(s => s == "validation"));
    }

    [Fact]
    public async Task The_files_own_split_is_kept_and_guarded()
    {
        using var run = await Read(File("a.jsonl",
            new { prompt = "1", chosen = "c", rejected = "r", split = "train" },
            new { prompt = "2", chosen = "c", rejected = "r", split = "test" },
            new { prompt = "3", chosen = "c", rejected = "r", split = "ood" },
            new { prompt = "1", chosen = "d", rejected = "r", split = "test" },
            new { prompt = "4", chosen = "c", rejected = "r", split = "monday" }));
        run.All(Columns.Split).Should().Equal("train", "validation", "ood");
        run.Quarantined.Select(q => q.Reason).Should().SatisfyRespectively(
            r => r.Should().Contain("never on two sides"),
            r => r.Should().Contain("'monday'"));
    }

    [Fact]
    public async Task A_folder_is_read_in_order_and_gzip_is_opened()
    {
        File("b.jsonl", new { prompt = "Q", chosen = "second", rejected = "r" });
        File("readme.txt", "no data");
        using (var packed = new GZipStream(System.IO.File.Create(Path.Combine(folder, "a.jsonl.gz")), CompressionLevel.Fastest))
            packed.Write(JsonSerializer.SerializeToUtf8Bytes(new { prompt = "Q", chosen = "first", rejected = "r" }));
        using var all = await Read(folder);
        all.All(Columns.Chosen).Should().Equal("first", "second");
        using var glob = await Read(Path.Combine(folder, "*.jsonl"));
        glob.All(Columns.Chosen).Should().Equal("second");
    }

    [Fact]
    public async Task Stops_after_so_many_rows_and_sends_them_in_batches()
    {
        var rows = Enumerable.Range(0, 700).Select(i => (object)new { prompt = "Q", chosen = $"{i}", rejected = "r" }).ToList();
        using var run = await Read(new ReadPreferences.Options { Path = File("a.jsonl", rows), MaxRows = 600 });
        run.Emitted.Select(b => b.Rows).Should().Equal(256, 256, 88);
        run.All(Columns.Chosen)[^1].Should().Be("599");
    }

    [Fact]
    public async Task What_cannot_be_read_at_all_is_one_clear_sentence()
    {
        (await Complaint(Path.Combine(folder, "none.jsonl"))).Should().Contain("none.jsonl").And.Contain(".parquet");
        File("x.txt", "hello");
        (await Complaint(folder)).Should().Contain("no data here, only x.txt");
        (await Complaint(File("a.jsonl", new { text = "hello", label = 1 }))).Should().Contain("chosen and rejected").And.Contain("text, label");
        (await Complaint(File("b.jsonl", "oh", "no"))).Should().Contain("none of the 2 rows").And.Contain("b.jsonl:1");
        (await Complaint(File("c.parquet", "not parquet"))).Should().Contain("c.parquet");
        (await Complaint(File("d.jsonl.gz", "not gzip"))).Should().Contain("d.jsonl.gz").And.Contain("it is not gzip");
    }

    [Fact]
    public async Task Parquet_gives_texts_numbers_and_turns()
    {
        var path = Path.Combine(folder, "a.parquet");
        var (prompt, stars, content, role) = (new DataField<string>("prompt"), new DataField<int>("stars"), new DataField<string>("content"), new DataField<string>("role"));
        var (chosenTurns, rejected) = (new ListField("chosen", new StructField("element", content, role)), new DataField<string>("rejected"));
        await using (var stream = System.IO.File.Create(path))
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(prompt, chosenTurns, rejected, stars), stream))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(prompt, (string?[])["Q1", "Q2"]);
            await group.WriteAsync(content, (string?[])["a", "b", "c"], new[] { 0, 1, 0 });
            await group.WriteAsync(role, (string?[])["assistant", "user", "assistant"], new[] { 0, 1, 0 });
            await group.WriteAsync(rejected, (string?[])["x", "y"]);
            await group.WriteAsync<int>(stars, new[] { 4, 5 }.AsMemory());
        }
        using var run = await Read(path);
        run.All(Columns.Prompt).Should().Equal("\n\nHuman: Q1\n\nAssistant:", "\n\nHuman: Q2\n\nAssistant:");
        run.All(Columns.Chosen).Should().Equal(" a\n\nHuman: b", " c");
        run.All(Columns.Rejected).Should().Equal("x", "y");
        run.All(new Column<long>("stars")).Should().Equal(4, 5);
    }
}
