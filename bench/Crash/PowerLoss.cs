namespace DataflowRlhf.Bench;

/// <summary>Leaves of a folder what a disk would have after the power failed while a traced process worked on it.</summary>
internal static class PowerLoss
{
    /// <summary>How a disk forgets. Each is what some file system may do.</summary>
    public enum Way
    {
        /// <summary>Nothing outlives that was not flushed.</summary>
        Strict,

        /// <summary>Each step by itself, by luck; what is lost of a file's bytes may be zeros or rubbish.</summary>
        Luck,

        /// <summary>Names are kept in their order up to some step (and at least up to the last flush of anything), bytes by luck.</summary>
        Journal,

        /// <summary>All names outlive and no bytes: what a rename before a flush leaves.</summary>
        Names,
    }

    /// <param name="before">The folder as it was when the process began; its folder is written anew.</param>
    /// <param name="log">What was noted of the process.</param>
    /// <returns>How many steps were not sure to last.</returns>
    public static int Apply(DiskModel before, string log, Way way, Random random)
    {
        if (File.Exists(log)) // Else it was killed before it was traced, and has done nothing.
            Play(before, log, way == Way.Journal);
        var unsure = before.Unsure;
        var (left, luck) = (random.Next(unsure + 1), random.NextDouble());
        var after = before.AfterPowerLoss(
            names => way switch
            {
                Way.Strict => false,
                Way.Names => names,
                Way.Journal => left-- > 0 && (names || random.NextDouble() < luck),
                _ => random.NextDouble() < luck,
            },
            way == Way.Strict ? null : random);
        foreach (var inner in Directory.EnumerateDirectories(before.Folder))
            Directory.Delete(inner, recursive: true);
        foreach (var file in Directory.EnumerateFiles(before.Folder))
            File.Delete(file);
        Write(after, before.Folder);
        return unsure;
    }

    /// <summary>Does to a model what the traced calls did to the folder.</summary>
    private static void Play(DiskModel disk, string log, bool journal)
    {
        var open = new Dictionary<int, (DiskModel.Node Node, long At, bool Appends)>();
        foreach (var call in TraceLog.Read(log))
        {
            disk.At(call.Ended);
            if (call.Name is "openat" or "open" or "creat")
                Open(disk, call, open);
            else if (Mutates(disk, call, open))
                continue;
            else if (call is { Name: "fsync" or "fdatasync", Result: 0 } && Ours(disk, call, 0) && open.TryGetValue(call.File(0), out var flushed))
                disk.Flush(flushed.Node, call.Began, journal);
        }
    }

    private static bool Ours(DiskModel disk, TraceLog.Call call, int word) => call.Path(word) is { } path && (path == disk.Folder || path.StartsWith(disk.Folder + "/", StringComparison.Ordinal));

    private static void Open(DiskModel disk, TraceLog.Call call, Dictionary<int, (DiskModel.Node, long, bool)> open)
    {
        var word = call.Name == "openat" ? 1 : 0;
        var (path, flags) = (call.Text(word), call.Name == "creat" ? "O_CREAT|O_TRUNC" : call.Words[word + 1]);
        if (path != disk.Folder && !Inside(disk, path))
            return;
        var node = disk.Find(path) ?? (flags.Contains("O_CREAT", StringComparison.Ordinal) ? disk.Make(path, folder: false) : null);
        if (node is null)
            return;
        if (flags.Contains("O_TRUNC", StringComparison.Ordinal) && node.Content.Length > 0)
            disk.Resize(node, 0);
        if (call.Result is { } number)
            open[(int)number] = (node, 0, flags.Contains("O_APPEND", StringComparison.Ordinal));
    }

    private static bool Mutates(DiskModel disk, TraceLog.Call call, Dictionary<int, (DiskModel.Node Node, long At, bool Appends)> open)
    {
        bool Held(int word, out (DiskModel.Node Node, long At, bool Appends) file)
        {
            file = default;
            return Ours(disk, call, word) && open.TryGetValue(call.File(word), out file);
        }
        void Rename(string from, string to)
        {
            if (Inside(disk, from) && disk.Find(from) is not null)
                disk.Rename(from, to);
        }
        switch (call.Name)
        {
            case "pwrite64" when Held(0, out var file):
                disk.Write(file.Node, call.Number(3), call.Bytes(1)[..(int)(call.Result ?? call.Number(2))]);
                break;
            case "write" when Held(0, out var file):
                var bytes = call.Bytes(1)[..(int)(call.Result ?? call.Number(2))];
                disk.Write(file.Node, file.Appends ? file.Node.Content.Length : file.At, bytes);
                open[call.File(0)] = file with { At = file.At + bytes.Length };
                break;
            case "lseek" when Held(0, out var file) && call.Result is { } at:
                open[call.File(0)] = file with { At = at };
                break;
            case "ftruncate" when Held(0, out var file):
                disk.Resize(file.Node, call.Number(1));
                break;
            case "copy_file_range" when Held(2, out var to) && call.Result is { } copied:
                Copy(disk, to.Node, to.At, call.Path(0)!, copied);
                open[call.File(2)] = to with { At = to.At + copied };
                break;
            case "sendfile" when Held(0, out var to) && call.Result is { } sent:
                Copy(disk, to.Node, to.At, call.Path(1)!, sent);
                open[call.File(0)] = to with { At = to.At + sent };
                break;
            case "writev" or "pwritev" or "truncate" when Held(0, out _):
                throw new NotSupportedException($"{call.Name} of a file in {disk.Folder} has no place in the model.");
            case "mkdir" when Inside(disk, call.Text(0)) && disk.Find(call.Text(0)) is null:
                disk.Make(call.Text(0), folder: true);
                break;
            case "unlink" or "rmdir" when Inside(disk, call.Text(0)) && disk.Find(call.Text(0)) is not null:
                disk.Remove(call.Text(0));
                break;
            case "unlinkat" when Inside(disk, call.Text(1)) && disk.Find(call.Text(1)) is not null:
                disk.Remove(call.Text(1));
                break;
            case "rename":
                Rename(call.Text(0), call.Text(1));
                break;
            case "renameat" or "renameat2":
                Rename(call.Text(1), call.Text(3));
                break;
            case "link" when Inside(disk, call.Text(0)) && disk.Find(call.Text(0)) is not null:
                disk.Link(call.Text(0), call.Text(1));
                break;
            case "linkat" when Inside(disk, call.Text(1)) && disk.Find(call.Text(1)) is not null:
                disk.Link(call.Text(1), call.Text(3));
                break;
            default:
                return false;
        }
        return true;
    }

    /// <summary>The source's bytes as the model has them, or as they are where it lies elsewhere.</summary>
    private static void Copy(DiskModel disk, DiskModel.Node to, long at, string source, long bytes)
    {
        var all = Inside(disk, source) ? disk.Find(source)!.Content.ToArray() : File.ReadAllBytes(source);
        disk.Write(to, at, all[(int)at..(int)Math.Min(all.Length, at + bytes)]);
    }

    private static bool Inside(DiskModel disk, string path) => path.StartsWith(disk.Folder + "/", StringComparison.Ordinal);

    private static void Write(DiskModel.Node folder, string path)
    {
        foreach (var (name, node) in folder.Entries)
        {
            var inner = Path.Combine(path, name);
            if (node.IsFolder)
                Write(node, Directory.CreateDirectory(inner).FullName);
            else
                File.WriteAllBytes(inner, node.Content.ToArray());
        }
    }
}
