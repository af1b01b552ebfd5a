using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph.Tests.Pipeline;

/// <summary>A file with mistakes of every sort: each is told in one check, and none that only follows from another.</summary>
public sealed partial class ManyMistakesTests
{
    private const string File = """
        pipline: many
        seed: soon
        params:
          voters: [3]
          "bad name": 1
          rounds: 2
        stages:
          words:   { uses: some-wrods, with: { cuont: 200 }, from: nobody }
          paths:   { uses: some-words, with: { path: no/such/file, language: [a] } }
          lengths: { uses: some-lengths, form: words, with: { unit: miles, scale: much } }
          voter:
            uses: some-model
            foreach: { voter: "10..1" }
            from: words
            with: { shuffle-seed: "${voter}", inti: x }
            retry: { tims: often, wait: 5 }
            promises: [loss.last, rows > 3]
          jury:    { uses: some-model, from: { rows: words, voters: "voter[*]", extra: lengths } }
          judge:   { uses: some-model, from: { rows: lengths, init: "voter[7]" }, run: { devcie: tpu }, cache: maybe }
          round:
            repeat: "${ronuds}"
            stages:
              next:  { uses: some-model, from: { rows: words, init: "previous.next | jruy" } }
              names: { uses: some-model, from: { rows: lengths, init: "round[9].next" } }
          last:    { uses: some-model, from: { rows: "round[last].next" } }
          words:   { uses: some-words, with: { count: none } }
          other:   only a text
          reader:  { uses: some-lengths, from: other, with: [unit] }
          ring:    { uses: some-lengths, from: ring }
          list:    { uses: some-words, foreach: { item: [a, [b], a] }, timeout: 90 }
          pick:    { uses: some-lengths, from: "list[b]", max-bad: lots }
          loose:   { uses: some-words, foreach: 1..3, with: { count: "${n}", without: ["${n}"] } }
          turns:   { stages: { turn: { uses: some-lenghts, from: paths, with: { scale: "${voters}" } } } }
          models:  { uses: some-model, from: { rows: paths, init: [words, [turn]] }, plugin: none }
        """;

    [Fact]
    public void Each_is_told_once()
    {
        var file = Some.CheckWith(File, "voters: { a: 1 }\nhwo: 2\n", "words.count", "voter[3].shuffle-seed=few", "list[c].count=0", "nobody.count=3");
        string Line(Mistake m) => $"{m.Line}:{m.Column} {m.Where}: {m.Text.Replace(string.Join(", ", Some.Stages.Kinds.Select(k => k.Name)), "the stages")}{(m.Write is null ? "" : "  write: " + m.Write)}";
        string.Join('\n', file.Mistakes.Select(Line)).Should().Be("""
            0:0 --set: 'words.count' is not name=value.  write: --set stage.option=value
            0:0 --set: 'nobody.count' names no stage with options, no param and not seed.
            1:1 pipline: 'pipline' is not known here (pipeline, seed, params, plugins, stages).  write: pipeline
            2:7 seed: 'soon' is not a whole number from 0.  write: seed: 16
            4:11 params.voters: a param is one value, not a list.
            5:3 params: 'bad name' cannot name a param; letters, digits, - and _ can.  write: params: { voters: 10 }
            8:20 words.uses: there is no stage 'some-wrods' (the stages).  write: uses: some-words
            8:40 words.with: 'cuont' is not an option of 'some-words' (count, language, path, without).  write: count: 200
            8:47 words.with.count: 200 is out of range; 1 to 100 is possible.  write: count: 100
            8:60 words.from: there is no stage 'nobody' (words, paths, lengths, voter[*], jury, judge, round[last].next, round[last].names, last, reader, ring, list[*], pick, loose[*], turns[last].turn, models).
            8:60 words.from: 'some-words' feeds from nothing.
            9:46 paths.with.path: there is nothing at 'no/such/file' (looked in the current folder and beside the pipeline file).
            9:70 paths.with.language: takes text, not a list.
            10:34 lengths.form: 'form' is not known in a stage (uses, from, with, run, cache, foreach, retry, timeout, max-bad, promises, repeat).  write: from: words
            10:61 lengths.with.unit: 'miles' is not one of letters, half+one.
            10:75 lengths.with.scale: 'much' is not a number.
            13:23 voter.foreach: '10..1' is not a range of at most 1000 numbers, nor a list.  write: foreach: { voter: "1..10" }
            14:11 voter[…].from.rows: 'words' carries word; 'some-model' needs length: float. 'lengths' adds it.  write: from: lengths
            15:39 voter[…].with: 'inti' is not an option of 'some-model' (shuffle-seed, init).  write: init: x
            16:14 voter[…].retry.tims: 'tims' is not known here (times, wait).  write: times: 3
            16:20 voter[…].retry.times: 'often' is not a number of further attempts; 0 to 100 is possible.  write: times: 3
            16:33 voter[…].retry.wait: '5' has no unit; a length of time: 500ms, 90s, 30m, 2h, 1d or 1h30m is possible.  write: wait: 5s
            17:16 voter[…].promises: 'loss.last' is not a name, a sign (>=  <=  ==  >  <) and a number.  write: promises: [rows >= 1000]
            17:27 voter[…].promises: this stage leaves no rows; seconds, a key of its summary or a curve such as loss.last can be promised.  write: promises: [loss.last < 0.7]
            18:46 jury.from.rows: 'words' carries word; 'some-model' needs length: float. 'lengths' adds it.  write: from: lengths
            18:80 jury.from: 'extra' is not an input of 'some-model' (rows, init, voters).
            19:82 judge.run.devcie: 'devcie' is not known here: device, which is gpu or auto; memory, which is check or try.  write: device: gpu
            19:90 judge.run.device: 'tpu' is not possible: device, which is gpu or auto.  write: device: gpu
            19:104 judge.cache: 'maybe' is not true or false.  write: cache: false
            21:13 ${ronuds}: there is no param 'ronuds' (voters, bad name, rounds).  write: ${rounds}
            23:48 round[1].next.from.rows: 'words' carries word; 'some-model' needs length: float. 'lengths' adds it.  write: from: lengths
            23:61 round[1].next.from: there is no stage 'jruy' (words, paths, lengths, voter[*], jury, judge, next, names, last, reader, ring, list[*], pick, loose[*], turns[last].turn, models).  write: from: "previous.next | jury"
            25:46 last.from.rows: 'rows' takes a dataset; 'round[2].next' (some-model) leaves a model.  write: rows: words
            26:3 words: 'words' stands here twice; a key may stand once.
            26:47 words.with.count: 'none' is not a whole number.
            27:3 other: a stage is a map.  write: other: { uses: … }
            28:53 reader.with: is a map of options.  write: with: { unit: … }
            29:40 ring.from: feeds from itself: ring → ring.
            30:49 list.foreach: takes a list of 1 to 1000 plain values, without brackets or bars.  write: foreach: { voter: [a, b] }
            30:58 list.foreach: 'a' stands there twice; each value makes a stage of its own.
            30:73 list[a].timeout: '90' has no unit; a length of time: 500ms, 90s, 30m, 2h, 1d or 1h30m is possible.  write: timeout: 90s
            31:60 pick.max-bad: 'lots' is not a number of rows (from 0) nor a share (0% to 100%).  write: max-bad: 0.5%
            32:41 loose.foreach: names one variable and its values.  write: foreach: { voter: "1..10" }
            33:3 turns: does not say how many rounds.  write: repeat: 2
            33:38 turns[1].turn.uses: there is no stage 'some-lenghts' (the stages).  write: uses: some-lengths
            34:46 models.from.rows: 'paths' carries word; 'some-model' needs length: float. 'lengths' adds it.  write: from: lengths
            34:59 models.from: names stages: one, a list, or a map of ports.  write: from: tokens
            34:59 models.from.init: 'init' takes a model; 'words' (some-words) leaves a dataset.  write: init: last
            34:78 models.plugin: 'plugin' is not known in a stage (uses, from, with, run, cache, foreach, retry, timeout, max-bad, promises, repeat).
            1:9 --params.voters: a param is one value, not a map.  write: voters: …
            2:1 --params: the pipeline has no param 'hwo' (voters, bad name, rounds).
            """);
    }

    [Fact]
    public void Whatever_else_is_wrong_in_it_the_check_ends_with_mistakes()
    {
        var words = Words().Matches(File);
        words.Count.Should().BeGreaterThan(150);
        foreach (var word in words.AsEnumerable())
            foreach (var other in (string[])["", "x", "[]", "{}", "\"${none}\"", "stages", "\"a[b.c|\""])
                FluentActions.Invoking(() => Some.Check(File[..word.Index] + other + File[(word.Index + word.Length)..], "voter[3].shuffle-seed=few")).Should().NotThrow($"'{word.Value}' at {word.Index} is '{other}'")
                    .Which.Should().Match<PipelineFile>(f => f.Graph == null && f.Mistakes.Count > 0 && f.Mistakes.Distinct().Count() == f.Mistakes.Count);
    }

    [GeneratedRegex(@"[\w-]+")]
    private static partial Regex Words();

    private static IEnumerable<string> Told(string stages, params string[] settings) =>
        Some.Check($"pipeline: p\nstages:\n  w: {{ uses: some-words }}\n  l: {{ uses: some-lengths, from: w }}\n  {stages}\n", settings).Mistakes.Select(m => $"{m.Line}:{m.Column} {m.Where}");

    [Theory]
    [InlineData("m: { uses: some-model, from: { rows: l, init: o }, with: nothing }\n  o: { uses: some-model, from: l }", "5:60 m.with")]
    [InlineData("m: { uses: some-model, from: { rows: l, init: o, more: w }, with: nothing }\n  o: { uses: some-model, from: l }", "5:58 m.from", "5:69 m.with")]
    [InlineData("m: { uses: some-model, with: { init: [x] } }", "5:3 m.from", "5:40 m.with.init")]
    [InlineData("m: { uses: some-model, from: { init: l, rows: w }, with: { init: [x] } }", "5:49 m.from.rows", "5:68 m.with.init")]
    [InlineData("m: { uses: bends, with: { from-model: perhaps } }", "5:41 m.with.from-model")]
    [InlineData("m: { uses: bends, from: l, with: { from-model: perhaps } }\n  n: { uses: some-lengths, from: m }", "5:50 m.with.from-model")]
    [InlineData("m: { uses: bends, from: { model: l }, with: { from-model: perhaps } }", "5:61 m.with.from-model")]
    [InlineData("m: { uses: bends, from: { model: l }, with: { from-model: true } }", "5:36 m.from.model")]
    [InlineData("m: { uses: bends, from: { rows: w, rest: w }, with: { width: 3 } }", "5:44 m.from", "5:57 m.with.width")]
    [InlineData("m: { uses: bends, from: w, with: { widht: 3 } }\n  n: { uses: some-model, from: m }", "5:38 m.with", "5:38 m.with.width", "6:32 n.from.rows")]
    [InlineData("m: { uses: bends, from: { rowz: l }, with: { width: 3, from-model: [x] } }", "5:35 m.from", "5:48 m.with.width", "5:70 m.with.from-model")]
    [InlineData("m: { uses: bends, from: { ruws: l }, with: { width: 3, depth: some } }", "5:35 m.from", "5:48 m.with.width", "5:65 m.with.depth")]
    [InlineData("m: { uses: bends, from: { ruws: l }, with: { width: 3, depth: 1 } }", "5:35 m.from", "5:48 m.with.width", "5:58 m.with.depth")]
    public void Ports_are_looked_at_as_far_as_they_do_not_depend_on_what_is_wrong(string stages, params string[] told) => Told(stages).Should().Equal(told);

    [Theory]
    [InlineData("m: { uses: some-model, form: l }", "5:26 m.form")]
    [InlineData("m: { uses: some-model, from: { raws: w } }", "5:40 m.from", "5:40 m.from.rows")]
    [InlineData("m: { uses: some-model, from: { data: w } }", "5:40 m.from", "5:40 m.from.rows")]
    [InlineData("m: { use: some-model, from: w }", "5:8 m.use", "5:31 m.from.rows")]
    [InlineData("r: { repaet: 2, stgaes: { m: { uses: some-model, from: { rows: w } } } }\n  n: { uses: some-model, from: { rows: l, init: \"r[last].m\" } }", "5:8 r.repaet", "5:19 r.stgaes", "5:66 r[1].m.from.rows")]
    [InlineData("v: { uses: some-model, from: l, foreahc: { i: 1..2 }, with: { shuffle-seed: \"${i}\" } }\n  n: { uses: some-model, from: { rows: l, voters: \"v[*]\" } }", "5:35 v.foreahc")]
    public void A_misspelt_key_counts_as_the_one_that_was_meant(string stages, params string[] told) => Told(stages).Should().Equal(told);

    [Theory]
    [InlineData("v: { uses: some-model, from: w, foreach: { i: some } }", "5:32 v[…].from.rows", "5:49 v.foreach")]
    [InlineData("v: { uses: some-model, from: l, foreach: { \"a b\": 1..2 }, with: { shuffle-seed: \"${a b}\" } }\n  n: { uses: some-model, from: { rows: l, init: \"v[3]\" } }", "5:46 v.foreach", "6:49 n.from")]
    [InlineData("r: { repeat: 0, stages: { m: { uses: some-model, from: { rows: w, init: \"previous.m | l\" } } } }", "5:16 r.repeat", "5:66 r[1].m.from.rows", "5:75 r[1].m.from.init")]
    [InlineData("r: { repeat: 2, stages: { q: { repeat: 2, stages: { m: { uses: some-model, from: w } } }, n: { uses: some-model, from: { rows: l, init: \"q[1].m\" } } } }", "5:29 r.q", "5:84 r[1].m.from.rows")]
    [InlineData("r: { repeat: 2, stages: { q: none, n: { uses: some-model, from: { rows: q } } } }\n  o: { uses: some-model, from: \"r[last].q\" }", "5:29 r.q")]
    public void What_cannot_be_written_out_is_checked_once(string stages, params string[] told) => Told(stages).Should().Equal(told);

    [Fact]
    public void What_is_set_by_hand_for_what_is_wrong_is_no_further_mistake()
    {
        Told("a: { uses: nothing-like-it }\n  b: text\n  r: { repeat: x, stages: { c: { uses: some-words } } }", "a.count=1", "b.count=1", "r[5].c.count=1", "r.c.count=200").Should()
            .Equal("0:0 r[1].c.with.count", "5:14 a.uses", "6:3 b", "7:16 r.repeat");
        Some.Check("pipeline: p\nparams: none\nstages: { w: { uses: some-words, with: { count: \"${n}\" } } }\n", "n=3").Mistakes.Should().ContainSingle().Which.Where.Should().Be("params");
    }

    [Fact]
    public void A_stage_of_a_plugin_that_cannot_be_loaded_is_no_further_mistake() =>
        Some.Check("pipeline: p\nplugins: [none.dll]\nstages: { a: { uses: its-own, with: { x: 1 } }, b: { uses: some-lengths, from: a } }\n").Mistakes.Should().ContainSingle().Which.Where.Should().Be("plugins");

    [Fact]
    public void What_is_set_by_hand_is_looked_at_where_the_file_cannot_be_read() =>
        Some.Check("{{{{", "novalue").Mistakes.Select(m => m.Where).Should().Equal("--set", "file");
}

/// <summary>Feeds from rows or from a model, as its option has it.</summary>
[Stage("bends", "Feeds from rows or from a model.")]
public sealed class Bends(Bends.Options options) : Stage
{
    public sealed record Options
    {
        [Option("From a model. Default: false.")]
        public bool FromModel { get; init; }

        [Option("An even number. Default: 2.")]
        public int Width { get; init; } = 2;

        [Option("More than one. Default: 2.")]
        [Range(0, 10)]
        public int Depth { get; init; } = 2;
    }

    public override StagePorts Ports { get; } = options.Width % 2 != 0
        ? throw new OptionException("width", $"{options.Width} is odd; an even number is possible")
        : options.Depth < 2 ? throw new OptionException("depth", $"{options.Depth} is not more than one")
        : options.FromModel ? new([new ModelPort("model")], Output.Model) : new([new DatasetPort("rows", Some.Word)], Output.Through("rows"));

    public override Task RunAsync(IStageRun run) => Task.CompletedTask;
}
