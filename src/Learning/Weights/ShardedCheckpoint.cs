using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Weights;

/// <summary>The weights of a Hugging Face folder: <c>model.safetensors</c>, or several files named by <c>model.safetensors.index.json</c>.</summary>
public sealed class ShardedCheckpoint : IDisposable
{
    private const string One = "model.safetensors", Index = "model.safetensors.index.json";

    private readonly Dictionary<string, SafetensorsReader> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsReader> byName = new(StringComparer.Ordinal);

    private ShardedCheckpoint()
    {
    }

    public IReadOnlyCollection<string> Names => byName.Keys;

    public bool Has(string name) => byName.ContainsKey(name);

    public long[] Shape(string name) => byName[name].Shape(name);

    /// <summary>The format's name of a weight's type, such as <c>BF16</c>.</summary>
    public string Stored(string name) => byName[name].Stored(name);

    public Tensor ReadTensor(string name) => byName[name].ReadTensor(name);

    /// <summary>Writes weights as one file, or as several and an index where they are larger than <paramref name="most"/>; files of either kind that lay there go.</summary>
    /// <param name="metadata">Texts for every file, such as <c>format: pt</c>.</param>
    /// <param name="most">Bytes in a file; a weight larger than that has one of its own. Default: 5 GB, transformers' own.</param>
    public static void Write(string folder, IReadOnlyList<(string Name, Tensor Value)> weights, IReadOnlyDictionary<string, string> metadata, long most = 5_000_000_000)
    {
        var shards = new List<List<(string Name, Tensor Value)>> { new() };
        long held = 0, total = 0;
        foreach (var weight in weights)
        {
            var bytes = weight.Value.numel() * weight.Value.element_size();
            if (shards[^1].Count > 0 && held + bytes > most)
            {
                shards.Add([]);
                held = 0;
            }
            shards[^1].Add(weight);
            (held, total) = (held + bytes, total + bytes);
        }
        foreach (var old in Directory.GetFiles(folder, "model-?????-of-?????.safetensors").Append(Path.Combine(folder, One)).Append(Path.Combine(folder, Index)))
            File.Delete(old);
        if (shards.Count == 1)
        {
            SafetensorsWriter.Write(Path.Combine(folder, One), shards[0], metadata);
            return;
        }
        var map = new JsonObject();
        for (var i = 0; i < shards.Count; i++)
        {
            var file = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            SafetensorsWriter.Write(Path.Combine(folder, file), shards[i], metadata);
            foreach (var (name, _) in shards[i])
                map[name] = file;
        }
        var index = new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = total }, ["weight_map"] = map };
        File.WriteAllText(Path.Combine(folder, Index), index.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    public static ShardedCheckpoint Open(string folder)
    {
        var opened = new ShardedCheckpoint();
        try
        {
            var one = Path.Combine(folder, One);
            if (File.Exists(one))
            {
                var reader = opened.files[one] = SafetensorsReader.Open(one);
                foreach (var name in reader.Names)
                    opened.byName[name] = reader;
                return opened;
            }
            opened.ReadIndex(folder, Path.Combine(folder, Index));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private const long LargestIndex = 256L << 20;

    private void ReadIndex(string folder, string index)
    {
        if (!File.Exists(index))
            throw new SafetensorsException(folder, "has no model.safetensors and no model.safetensors.index.json. Weights in other forms (pytorch_model.bin) are not read: they can run code.");
        try
        {
            using var json = JsonDocument.Parse(PlainFile.ReadText(index, LargestIndex));
            foreach (var entry in json.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                var file = entry.Value.GetString() ?? throw new SafetensorsException(index, $"names no file for '{entry.Name}'.");
                if (file != Path.GetFileName(file))
                    throw new SafetensorsException(index, $"names the file '{file}'; a shard lies beside its index.");
                if (!files.TryGetValue(file, out var reader))
                    reader = files[file] = SafetensorsReader.Open(Path.Combine(folder, file));
                if (!reader.Has(entry.Name))
                    throw new SafetensorsException(index, $"says that '{entry.Name}' is in {file}, and it is not.");
                if (!byName.TryAdd(entry.Name, reader))
                    throw new SafetensorsException(index, $"names '{entry.Name}' twice.");
            }
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException or KeyNotFoundException or InvalidOperationException)
        {
            var why = broken is JsonException or IOException or UnauthorizedAccessException ? broken.Message : "a 'weight_map' with the file's name for each weight's name is needed.";
            throw new SafetensorsException(index, $"is not an index of weights: {why}", broken);
        }
        foreach (var (file, reader) in files)
            if (reader.Names.FirstOrDefault(n => !byName.TryGetValue(n, out var from) || from != reader) is { } stray)
                throw new SafetensorsException(index, $"does not name '{stray}', which is in {file}.");
    }

    public void Dispose()
    {
        foreach (var reader in files.Values)
            reader.Dispose();
    }
}
