using System.Text.Json;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>A golden checkpoint with either of its configs: <c>config_v4.json</c> is put in the place of <c>config.json</c>, in a folder of links.</summary>
internal sealed class GoldenFolder : IDisposable
{
    private readonly string? made;

    /// <param name="name">The folder below models/.</param>
    /// <param name="config">config.json or config_v4.json.</param>
    /// <param name="part">A folder in it, such as seqcls.</param>
    public GoldenFolder(string name, string config, string part = "")
    {
        (Name, Path) = (name, Fixtures.Path("models", name, part));
        if (config == "config.json")
            return;
        made = Directory.CreateTempSubdirectory("golden-").FullName;
        foreach (var file in Directory.GetFiles(Path, "*.safetensors*"))
            File.CreateSymbolicLink(System.IO.Path.Combine(made, System.IO.Path.GetFileName(file)), file);
        File.Copy(System.IO.Path.Combine(Path, config), System.IO.Path.Combine(made, "config.json"));
        Path = made;
    }

    public string Name { get; }
    public string Path { get; }

    /// <summary>Every folder below models/, once for each of its configs.</summary>
    public static TheoryData<string, string> All() => Where("");

    /// <summary>Every folder with a sequence classifier, once for each of that one's configs.</summary>
    public static TheoryData<string, string> Classifiers() => Where("seqcls");

    private static TheoryData<string, string> Where(string part)
    {
        var cases = new TheoryData<string, string>();
        foreach (var folder in Directory.GetDirectories(Fixtures.Path("models")).Order(StringComparer.Ordinal))
            if (Directory.Exists(System.IO.Path.Combine(folder, part)))
                foreach (var config in new[] { "config.json", "config_v4.json" })
                    if (config == "config.json" || File.Exists(System.IO.Path.Combine(folder, part, config)))
                        cases.Add(System.IO.Path.GetFileName(folder)!, config);
        return cases;
    }

    /// <summary>Every folder that has the expectations in a file, or has the weights of one that has.</summary>
    public static TheoryData<string, string> With(string file)
    {
        var cases = new TheoryData<string, string>();
        foreach (var row in All())
            if (File.Exists(Fixtures.Path("models", Expectations(row.Data.Item1), file)))
                cases.Add(row.Data.Item1, row.Data.Item2);
        return cases;
    }

    /// <summary>The folder with the expectations: this one, or where it has no inputs, the one whose weights it has.</summary>
    public static string Expectations(string name)
    {
        if (File.Exists(Fixtures.Path("models", name, "inputs.json")))
            return name;
        var ours = Weights(name);
        return Fixtures.Folders("inputs.json", "models").FirstOrDefault(other => Weights(other).All(w => ours.TryGetValue(w.Key, out var bytes) && bytes.AsSpan().SequenceEqual(w.Value)))
            ?? throw new InvalidOperationException($"{name} has no inputs.json, and no folder that has one has its weights.");
    }

    /// <summary>The bytes of a folder's weights, by names without the model's prefix.</summary>
    private static Dictionary<string, byte[]> Weights(string name)
    {
        var all = new Dictionary<string, byte[]>();
        foreach (var file in Directory.GetFiles(Fixtures.Path("models", name), "*.safetensors").Where(f => System.IO.Path.GetFileName(f).StartsWith("model")))
        {
            using var weights = SafetensorsReader.Open(file);
            foreach (var key in weights.Names)
                all[Bare(key)] = weights.ReadBytes(key);
        }
        return all;
    }

    /// <summary>A weight's name without the model's prefix.</summary>
    public static string Bare(string name) => new[] { "model.", "transformer.", "gpt_neox." }.FirstOrDefault(name.StartsWith) is { } prefix ? name[prefix.Length..] : name;

    public JsonElement Json(string file) => Fixtures.Json("models", Expectations(Name), file);

    public List<int[]> Sequences() => [.. Json("inputs.json").GetProperty("sequences").EnumerateArray().Select(Fixtures.Ids)];

    /// <summary>The sequences as they are given on their own, and the same out of the right-padded and the left-padded batch by its mask.</summary>
    public IEnumerable<List<int[]>> Givens()
    {
        yield return Sequences();
        foreach (var side in new[] { "right", "left" })
        {
            var batch = Json("inputs.json").GetProperty(side);
            yield return [.. batch.GetProperty("input_ids").EnumerateArray().Zip(batch.GetProperty("attention_mask").EnumerateArray(),
                (ids, mask) => Fixtures.Ids(ids).Zip(Fixtures.Ids(mask)).Where(p => p.Second == 1).Select(p => p.First).ToArray())];
        }
    }

    /// <summary>Nowhere further apart than 1e-4, or than a hundred-thousandth of the largest value where there are values above 10: float32 has no more.</summary>
    public static void Close(Tensor ours, Tensor theirs, string what = "")
    {
        ours.shape.Should().Equal(theirs.shape);
        (ours - theirs).abs().max().ToDouble().Should().BeLessThan(Math.Max(1e-4, 1e-5 * theirs.abs().max().ToDouble()), what);
    }

    public void Dispose()
    {
        if (made is not null)
            Directory.Delete(made, recursive: true);
    }
}
