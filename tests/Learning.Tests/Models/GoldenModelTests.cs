using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>Tiny checkpoints and what transformers computed from them, float32: every folder below models/, with either layout of its config.</summary>
[Parity("models")]
public sealed class GoldenModelTests
{
    public static TheoryData<string, string> Forward() => GoldenFolder.With("expected.safetensors");

    public static TheoryData<string, string> Generations() => GoldenFolder.With("generation.json");

    public static TheoryData<string, string> LogProbs() => GoldenFolder.With("logprobs.json");

    [Theory]
    [MemberData(nameof(Forward))]
    public void Logits_and_all_hidden_states_are_those_of_transformers(string name, string config)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new GoldenFolder(name, config);
        using var model = ModelFolder.LoadCausalLm(folder.Path, CPU);
        model.eval();
        using var golden = SafetensorsReader.Open(Fixtures.Path("models", GoldenFolder.Expectations(name), "expected.safetensors"));
        var layers = golden.Names.Where(n => n.StartsWith("right.hidden.")).OrderBy(n => int.Parse(n["right.hidden.".Length..])).ToList();
        layers.Should().HaveCount(model.Decoder.Config.Layers);
        foreach (var sequences in folder.Givens())
        {
            using var batch = PackedBatch.FromSequences(sequences, CPU);
            var states = model.Decoder.HiddenStates(batch);
            foreach (var (state, expected) in states.Zip([.. layers, "right.last_hidden_state"]))
                GoldenFolder.Close(state, Real(golden.ReadTensor(expected), sequences), expected);
            GoldenFolder.Close(model.Logits(model.Hidden(batch)), Real(golden.ReadTensor("right.logits"), sequences), "right.logits");
            GoldenFolder.Close(model.Logits(states[^1].index_select(0, batch.LastIndex)), golden.ReadTensor("left.logits_last_token"), "left.logits_last_token");
        }
    }

    /// <summary>The real tokens' rows of a right-padded (batch, tokens, …).</summary>
    private static Tensor Real(Tensor padded, List<int[]> sequences) =>
        cat([.. sequences.Select((s, i) => padded.select(0, i).narrow(0, 0, s.Length))], 0);

    [Theory]
    [MemberData(nameof(Forward))]
    public void The_left_padded_batch_behind_a_cache_ends_in_the_same_logits(string name, string config)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new GoldenFolder(name, config);
        using var model = ModelFolder.LoadCausalLm(folder.Path, CPU);
        model.eval();
        using var golden = SafetensorsReader.Open(Fixtures.Path("models", GoldenFolder.Expectations(name), "expected.safetensors"));
        var left = folder.Json("inputs.json").GetProperty("left").GetProperty("input_ids").EnumerateArray().Select(Fixtures.Ids).ToList();
        var ids = tensor(left.SelectMany(r => r.Select(i => (long)i)).ToArray(), [left.Count, left[0].Length]);
        using var cache = model.Decoder.NewCache([.. folder.Sequences().Select(s => s.Length)], 0);
        var hidden = model.Decoder.Step(ids, cache).reshape(left.Count, left[0].Length, -1);
        GoldenFolder.Close(model.Logits(hidden.select(1, left[0].Length - 1)), golden.ReadTensor("left.logits_last_token"));
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public void Greedy_continuations_are_those_of_transformers(string name, string config)
    {
        using var folder = new GoldenFolder(name, config);
        using var model = ModelFolder.LoadCausalLm(folder.Path, CPU);
        var golden = folder.Json("generation.json");
        var prompts = golden.GetProperty("prompts").EnumerateArray().Select(Fixtures.Ids).ToList();
        var samples = Sampler.Sample(model, prompts, 1, new() { Temperature = 0, MaxNewTokens = golden.GetProperty("max_new_tokens").GetInt32() }, 1, CPU);
        samples.Should().HaveSameCount(prompts);
        foreach (var (sample, expected) in samples.Zip(golden.GetProperty("new_tokens").EnumerateArray()))
            sample.Ids.Should().Equal(Fixtures.Ids(expected));
    }

    [Theory]
    [MemberData(nameof(LogProbs))]
    public void Log_probabilities_and_entropies_are_those_of_transformers(string name, string config)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new GoldenFolder(name, config);
        using var model = ModelFolder.LoadCausalLm(folder.Path, CPU);
        model.eval();
        var cases = folder.Json("logprobs.json").GetProperty("cases").EnumerateArray().ToList();
        using var batch = PackedBatch.FromGroups([.. cases.Select(c => new PackedGroup(Fixtures.Ids(c.GetProperty("prompt")), [Fixtures.Ids(c.GetProperty("continuation"))]))], CPU);
        var (logProbs, entropies) = TokenLogProbs.Of(model.Logits(model.Hidden(batch).index_select(0, batch.PredictIndex)), batch.TargetIds);
        float[] All(string field) => [.. cases.SelectMany(c => c.GetProperty(field).EnumerateArray().Select(v => v.GetSingle()))];
        GoldenFolder.Close(logProbs, tensor(All("token_logprobs")));
        GoldenFolder.Close(entropies, tensor(All("entropies")));
        foreach (var (part, expected) in logProbs.split(batch.TargetLengths.Select(l => (long)l).ToArray()).Zip(cases))
        {
            part.sum().ToDouble().Should().BeApproximately(expected.GetProperty("sum").GetDouble(), 1e-4 * part.numel());
            part.mean().ToDouble().Should().BeApproximately(expected.GetProperty("mean").GetDouble(), 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(GoldenFolder.Classifiers), MemberType = typeof(GoldenFolder))]
    public void Sequence_scores_are_those_of_transformers(string name, string config)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new GoldenFolder(name, config, "seqcls");
        using var model = ModelFolder.LoadReward(folder.Path, CPU);
        model.eval();
        var golden = Fixtures.Json("models", name, "seqcls", "expected.json");
        Tensor Scores(System.Text.Json.JsonElement list) => tensor(list.EnumerateArray().Select(v => v.GetSingle()).ToArray());
        foreach (var sequences in folder.Givens())
        {
            using var batch = PackedBatch.FromSequences(sequences, CPU);
            var rewards = model.Rewards(batch);
            GoldenFolder.Close(rewards, Scores(golden.GetProperty("scores_single")));
            GoldenFolder.Close(rewards, Scores(golden.GetProperty("scores").GetProperty("right")));
            GoldenFolder.Close(rewards, Scores(golden.GetProperty("scores").GetProperty("left")));
        }
    }
}
