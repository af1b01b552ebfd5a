using System.Globalization;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>
/// Files that each hold a training's whole state under names: weights, optimizer, counters, curves. A file is written aside, brought to the disk and
/// renamed; its name holds its number and its CRC-32C, <c>step-000000200-1a2b3c4d.safetensors</c>. The newest two are kept: where the newest was torn or
/// damaged, the one before it serves.
/// </summary>
public static class TrainingCheckpoint
{
    private const int Kept = 2;
    private const string Ending = ".safetensors";

    /// <summary>Adds a checkpoint and removes those that are no longer needed. Names must be distinct.</summary>
    /// <param name="number">Steps or iterations done: the highest is the newest.</param>
    /// <param name="counters">Whole numbers to keep beside the tensors.</param>
    /// <exception cref="NotFiniteException">A tensor holds a value that is not finite: such a state is not kept.</exception>
    /// <exception cref="IOException">The disk is full; the earlier checkpoints stand.</exception>
    public static void Save(string folder, long number, IReadOnlyDictionary<string, long> counters, IEnumerable<(string Name, Tensor Value)> state)
    {
        Directory.CreateDirectory(folder);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var all = state.ToList();
        NotFiniteException.Check(all.Where(s => !s.Name.StartsWith(TrainingCurves.Prefix, StringComparison.Ordinal)));
        var counts = counters.Select(c => ("counter." + c.Key, tensor(new[] { c.Value })));
        var path = DurableFile.Write(folder, file =>
        {
            var summed = new CheckedStream(file);
            SafetensorsWriter.Write(summed, counts.Concat(all), null);
            return string.Create(CultureInfo.InvariantCulture, $"step-{number:D9}-{summed.Sum:x8}{Ending}");
        });
        // A newer one than this is one that could not be used.
        var earlier = Files(folder).Where(f => f.Number < number).Take(Kept - 1).Select(f => f.Path).ToHashSet();
        foreach (var old in Files(folder).Where(f => f.Path != path && !earlier.Contains(f.Path)))
            File.Delete(old.Path);
        foreach (var torn in Directory.EnumerateFiles(folder, "*.tmp"))
            File.Delete(torn);
    }

    /// <summary>Opens the folder's newest checkpoint that is whole and fits; null where there is none.</summary>
    /// <param name="expected">Names and tensors that it must hold in these shapes and types.</param>
    /// <param name="warn">Told of each checkpoint that cannot be used, and what is done instead.</param>
    public static Saved? Open(string folder, IEnumerable<(string Name, Tensor Value)> expected, Action<string>? warn = null)
    {
        if (!Directory.Exists(folder))
            return null;
        var wanted = expected.ToList();
        var files = Files(folder).ToList();
        for (var i = 0; i < files.Count; i++)
        {
            if (Problem(files[i], wanted, out var saved) is not { } problem)
                return saved;
            warn?.Invoke($"The checkpoint {files[i].Path} {problem}; " + (i + 1 < files.Count ? $"the training goes on from the one before it, {files[i + 1].Number}." : "there is none before it, so the training starts anew."));
        }
        return null;
    }

    /// <summary>Removes the checkpoints from a number on: states that a training diverged from.</summary>
    /// <returns>The newest one that is left, by its number; null: none.</returns>
    public static long? Discard(string folder, long from)
    {
        if (!Directory.Exists(folder))
            return null;
        foreach (var bad in Files(folder).Where(f => f.Number >= from).ToList())
            File.Delete(bad.Path);
        return Files(folder).Select(f => (long?)f.Number).FirstOrDefault();
    }

    private static string? Problem(Entry entry, List<(string Name, Tensor Value)> wanted, out Saved? saved)
    {
        saved = null;
        try
        {
            if (CheckedStream.Of(entry.Path) != entry.Sum)
                return "is damaged: its bytes are not those that were written";
            saved = new Saved(SafetensorsReader.Open(entry.Path), entry.Number);
            if (saved.Misfit(wanted) is not { } name)
                return null;
            saved.Dispose();
            return $"is of another training: it has no '{name}' of this shape and type";
        }
        catch (Exception broken) when (broken is SafetensorsException or IOException)
        {
            return $"cannot be read ({broken.Message})";
        }
    }

    /// <summary>Newest first. A name that is not ours is passed over.</summary>
    private static IEnumerable<Entry> Files(string folder) => Directory.EnumerateFiles(folder, "step-*-*" + Ending)
        .Select(Entry.Of).OfType<Entry>().OrderByDescending(e => e.Number).ThenBy(e => e.Path, StringComparer.Ordinal);

    private sealed record Entry(string Path, long Number, uint Sum)
    {
        public static Entry? Of(string path)
        {
            var parts = System.IO.Path.GetFileNameWithoutExtension(path).Split('-');
            return parts.Length == 3 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && uint.TryParse(parts[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sum) ? new(path, number, sum) : null;
        }
    }

    /// <summary>A checkpoint being read.</summary>
    public sealed class Saved : IDisposable
    {
        private readonly SafetensorsReader reader;

        internal Saved(SafetensorsReader reader, long number) => (this.reader, Number) = (reader, number);

        /// <summary>Steps or iterations done.</summary>
        public long Number { get; }

        public IEnumerable<string> Names => reader.Names;

        public bool Has(string name) => reader.Has(name);

        /// <summary>The tensor of a name; the caller disposes of it.</summary>
        public Tensor Tensor(string name) => reader.ReadTensor(name);

        public long Counter(string name)
        {
            using var saved = Tensor("counter." + name);
            return saved.item<long>();
        }

        /// <summary>The first name that is missing, or of another shape or type.</summary>
        internal string? Misfit(IEnumerable<(string Name, Tensor Value)> wanted) =>
            wanted.FirstOrDefault(w => !reader.Has(w.Name) || reader.Type(w.Name) != w.Value.dtype || !reader.Shape(w.Name).SequenceEqual(w.Value.shape)).Name;

        public void Dispose() => reader.Dispose();
    }
}
