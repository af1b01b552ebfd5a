using System.Text.Json;
using DataflowRlhf.Learning.Weights;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Weights;

/// <summary>Files that the safetensors library wrote, and files that break the format in one place each.</summary>
[Parity("safetensors")]
public sealed class SafetensorsFixtureTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["F64"] = ScalarType.Float64, ["F32"] = ScalarType.Float32, ["F16"] = ScalarType.Float16, ["BF16"] = ScalarType.BFloat16, ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32, ["I16"] = ScalarType.Int16, ["I8"] = ScalarType.Int8, ["U8"] = ScalarType.Byte, ["BOOL"] = ScalarType.Bool,
    };

    private static string Good(string name) => Fixtures.Path("safetensors", "good", name);

    private static string Bad(string name) => Fixtures.Path("safetensors", "bad", name);

    public static TheoryData<string> GoodFiles() => [.. Directory.GetFiles(Good(""), "*.safetensors").Select(f => Path.GetFileName(f)!).Order()];

    public static TheoryData<string> BadFiles() => [.. Directory.GetFiles(Bad(""), "*.safetensors").Select(f => Path.GetFileName(f)!).Order()];

    public static TheoryData<string> BadFolders() => [.. Directory.GetDirectories(Bad("")).Select(f => Path.GetFileName(f)!).Order()];

    [Theory]
    [MemberData(nameof(GoodFiles))]
    public void Reads_what_was_written(string name)
    {
        using var scope = NewDisposeScope();
        var golden = JsonDocument.Parse(File.ReadAllText(Good(Path.ChangeExtension(name, ".json")))).RootElement;
        using var reader = SafetensorsReader.Open(Good(name));
        var tensors = golden.GetProperty("tensors").EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        reader.Names.Should().BeEquivalentTo(tensors.Keys);
        var metadata = golden.GetProperty("metadata") is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!) : [];
        reader.Metadata.Should().BeEquivalentTo(metadata);
        foreach (var (tensor, expected) in tensors)
        {
            var bytes = expected.GetProperty("bytes_base64").GetBytesFromBase64();
            var stored = expected.GetProperty("dtype").GetString()!;
            reader.Stored(tensor).Should().Be(stored);
            reader.Shape(tensor).Should().Equal(expected.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()));
            reader.ReadBytes(tensor).Should().Equal(bytes);
            if (!Types.TryGetValue(stored, out var type))
            {
                reader.Invoking(r => r.ReadTensor(tensor)).Should().Throw<SafetensorsException>().WithMessage($"*'{tensor}' as {stored}; F64, F32*");
                continue;
            }
            var read = reader.ReadTensor(tensor);
            read.dtype.Should().Be(type);
            read.shape.Should().Equal(reader.Shape(tensor));
            (read.numel() == 0 ? [] : read.reshape(-1).bytes.ToArray()).Should().Equal(bytes, tensor);
            if (type == ScalarType.Int64 && read.numel() > 0) // float64 has too few bits for them
                read.data<long>().ToArray().Should().Equal(expected.GetProperty("values").EnumerateArray().Select(v => long.Parse(v.GetString()!)), tensor);
            else if (read.numel() > 0)
                Numbers(read).Should().Equal(expected.GetProperty("values").EnumerateArray().Select(Number), tensor);
        }
        output.WriteLine($"{name}: {tensors.Count} tensors");
    }

    [Theory]
    [MemberData(nameof(GoodFiles))]
    public void Written_again_it_is_the_same(string name)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(Directory.CreateTempSubdirectory("safetensors-").FullName, "again.safetensors");
        using var first = SafetensorsReader.Open(Good(name));
        var names = first.Names.Where(n => Types.ContainsKey(first.Stored(n))).ToList();
        SafetensorsWriter.Write(path, names.Select(n => (n, first.ReadTensor(n))), first.Metadata.Count == 0 ? null : first.Metadata);
        using (var again = SafetensorsReader.Open(path))
        {
            again.Names.Should().Equal(names);
            again.Metadata.Should().BeEquivalentTo(first.Metadata);
            foreach (var tensor in names)
            {
                again.Shape(tensor).Should().Equal(first.Shape(tensor));
                again.Type(tensor).Should().Be(first.Type(tensor));
                again.ReadBytes(tensor).Should().Equal(first.ReadBytes(tensor));
            }
        }
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void Refuses_a_broken_file_in_one_clear_message_and_little_memory(string name)
    {
        var open = () => SafetensorsReader.Open(Bad(name)).Dispose();
        open.Should().Throw<SafetensorsException>(); // once before: the first refusal also loads code
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = open.Should().Throw<SafetensorsException>().Which.Message;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        message.Should().StartWith(Bad(name) + ": ").And.EndWith(".").And.NotContain("\n");
        allocated.Should().BeLessThan(4 << 20, "nothing is allocated by what a file merely claims");
        output.WriteLine($"{name}: {message[(Bad(name).Length + 2)..]} [{allocated / 1024} KiB]");
    }

    [Theory]
    [MemberData(nameof(BadFolders))]
    public void Refuses_a_broken_index_by_name(string name)
    {
        var open = () => ShardedCheckpoint.Open(Bad(name)).Dispose();
        var message = open.Should().Throw<SafetensorsException>().Which.Message;
        message.Should().StartWith(Bad(name)).And.NotContain("\n");
        output.WriteLine($"{name}: {message[(Bad(name).Length + 1)..]}");
    }

    [Fact]
    public void No_listed_file_is_missing()
    {
        var listed = Fixtures.Json("safetensors", "bad", "index.json").EnumerateArray()
            .Select(e => e.TryGetProperty("file", out var file) ? file.GetString() : e.GetProperty("directory").GetString()).ToList();
        listed.Should().BeEquivalentTo(BadFiles().Concat(BadFolders()).Select(row => row.Data));
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": null}}""", "*names no file for 'a'*")]
    [InlineData("""{"weight_map": {"a": 3}}""", "*is not an index of weights: a 'weight_map' with *is needed.")]
    [InlineData("""{"weight_map": []}""", "*is not an index of weights: a 'weight_map' with *is needed.")]
    [InlineData("""{}""", "*is not an index of weights: a 'weight_map' with *is needed.")]
    [InlineData("""[]""", "*is not an index of weights: a 'weight_map' with *is needed.")]
    [InlineData("""{"weight_map": """, "*is not an index of weights: *")]
    [InlineData("""{"weight_map": {"a": ".."}}""", "*..*is a folder*")]
    public void Refuses_an_index_of_another_form(string json, string message)
    {
        var folder = Directory.CreateTempSubdirectory("index-").FullName;
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), json);
        FluentActions.Invoking(() => ShardedCheckpoint.Open(folder)).Should().Throw<SafetensorsException>().WithMessage(message);
        Directory.Delete(folder, recursive: true);
    }

    private static double[] Numbers(Tensor tensor) => tensor.to(ScalarType.Float64).reshape(-1).data<double>().ToArray();

    private static double Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => value.GetString() switch
        {
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => double.NaN,
        },
    };
}
