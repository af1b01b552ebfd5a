using System.Text.Json;
using DataflowRlhf.Learning.Weights;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Weights;

public sealed class ShardedCheckpointTests : IDisposable
{
    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };
    private readonly string folder = Directory.CreateTempSubdirectory("shards-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string[] Files => [.. Directory.GetFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)!];

    [Fact]
    public void Writes_one_file_where_all_fits()
    {
        using var scope = NewDisposeScope();
        ShardedCheckpoint.Write(folder, [("a", ones(10)), ("b", zeros(10))], Metadata, most: 80);
        Files.Should().Equal("model.safetensors");
    }

    [Fact]
    public void Cuts_between_weights_and_gives_one_too_large_a_file_of_its_own()
    {
        using var scope = NewDisposeScope();
        List<(string Name, Tensor Value)> all = [("a", ones(10)), ("b", zeros(100)), ("c", ones(5) * 3), ("d", ones(5) * 4), ("e", ones(6))];
        ShardedCheckpoint.Write(folder, all, Metadata, most: 40);
        Files.Should().Equal([.. Enumerable.Range(1, 4).Select(i => $"model-0000{i}-of-00004.safetensors"), "model.safetensors.index.json"]);
        var index = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(folder, "model.safetensors.index.json")));
        index.GetProperty("metadata").GetProperty("total_size").GetInt64().Should().Be(4 * 126);
        index.GetProperty("weight_map").GetProperty("d").GetString().Should().Be("model-00003-of-00004.safetensors");
        using var read = ShardedCheckpoint.Open(folder);
        read.Names.Should().BeEquivalentTo(all.Select(w => w.Name));
        foreach (var (name, value) in all)
            read.ReadTensor(name).Equals(value).Should().BeTrue(name);
        using var first = SafetensorsReader.Open(Path.Combine(folder, "model-00001-of-00004.safetensors"));
        first.Metadata.Should().BeEquivalentTo(Metadata);
    }

    [Fact]
    public void What_lay_there_before_is_gone()
    {
        using var scope = NewDisposeScope();
        ShardedCheckpoint.Write(folder, [("a", ones(10)), ("b", zeros(10))], Metadata, most: 40);
        ShardedCheckpoint.Write(folder, [("a", ones(10))], Metadata);
        Files.Should().Equal("model.safetensors");
        ShardedCheckpoint.Write(folder, [("a", ones(10)), ("b", zeros(10)), ("c", zeros(10))], Metadata, most: 40);
        Files.Should().HaveCount(4).And.NotContain("model.safetensors");
    }
}
