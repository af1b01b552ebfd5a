using System.Text.Json;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Weights;

/// <summary>The weights of a Hugging Face folder: <c>model.safetensors</c>, or several files named by <c>model.safetensors.index.json</c>.</summary>
public sealed class ShardedCheckpoint : IDisposable
{
    private readonly Dictionary<string, SafetensorsReader> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsReader> byName = new(StringComparer.Ordinal);

    private ShardedCheckpoint()
    {
    }

    public IReadOnlyCollection<string> Names => byName.Keys;

    public bool Has(string name) => byName.ContainsKey(name);

    public long[] Shape(string name) => byName[name].Shape(name);

    public Tensor ReadTensor(string name) => byName[name].ReadTensor(name);

    public static ShardedCheckpoint Open(string folder)
    {
        var opened = new ShardedCheckpoint();
        try
        {
            var one = Path.Combine(folder, "model.safetensors");
            if (File.Exists(one))
            {
                var reader = opened.files[one] = SafetensorsReader.Open(one);
                foreach (var name in reader.Names)
                    opened.byName[name] = reader;
                return opened;
            }
            opened.ReadIndex(folder, Path.Combine(folder, "model.safetensors.index.json"));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private void ReadIndex(string folder, string index)
    {
        if (!File.Exists(index))
            throw new SafetensorsException(folder, "has no model.safetensors and no model.safetensors.index.json. Weights in other forms (pytorch_model.bin) are not read: they can run code.");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(index));
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
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new SafetensorsException(index, $"is not an index of weights: {broken.Message}", broken);
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
