using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>One file that holds a training's whole state under names: weights, optimizer, counters, curves. Written aside and renamed, so it is whole or absent.</summary>
public static class TrainingCheckpoint
{
    private const string FileName = "training.safetensors";

    /// <summary>Replaces the folder's checkpoint. Names must be distinct.</summary>
    /// <param name="counters">Whole numbers to keep beside the tensors, such as the step.</param>
    public static void Save(string folder, IReadOnlyDictionary<string, long> counters, IEnumerable<(string Name, Tensor Value)> state)
    {
        Directory.CreateDirectory(folder);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder, FileName);
        var counts = counters.Select(c => ("counter." + c.Key, tensor(new[] { c.Value })));
        SafetensorsWriter.Write(path + ".tmp", counts.Concat(state), null);
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Opens the folder's checkpoint; null where there is none or it cannot be read (training then starts anew).</summary>
    public static Saved? Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            return new Saved(SafetensorsReader.Open(path));
        }
        catch (SafetensorsException)
        {
            return null;
        }
    }

    /// <summary>A checkpoint being read.</summary>
    public sealed class Saved : IDisposable
    {
        private readonly SafetensorsReader reader;

        internal Saved(SafetensorsReader reader) => this.reader = reader;

        public IEnumerable<string> Names => reader.Names;

        /// <summary>The tensor of a name; the caller disposes of it.</summary>
        public Tensor Tensor(string name) => reader.ReadTensor(name);

        public long Counter(string name)
        {
            using var saved = Tensor("counter." + name);
            return saved.item<long>();
        }

        public void Dispose() => reader.Dispose();
    }
}
