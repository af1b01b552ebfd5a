namespace DataflowRlhf.Bench;

/// <summary>
/// A folder as a disk has it: what each call did to it, and which of that was flushed. A file's bytes last once the file is flushed, a name once its folder is;
/// a rename is one step. <see cref="AfterPowerLoss"/> plays it again, of what was not flushed only as much as luck has it.
/// </summary>
internal sealed class DiskModel
{
    private readonly List<Step> steps = [];
    private readonly Node root;
    private int line;

    /// <summary>A file or a folder, by whatever names. Each playing of the steps has its own content.</summary>
    public sealed class Node(bool folder)
    {
        public bool IsFolder => folder;
        public Dictionary<string, Node> Entries { get; } = new(StringComparer.Ordinal);
        public MemoryStream Content { get; } = new();
        public Node? Parent { get; set; }

        public void Reset()
        {
            Entries.Clear();
            Content.SetLength(0);
            Parent = null;
        }
    }

    /// <param name="Ended">The trace's line at which it was done.</param>
    /// <param name="Folders">Whose names it changes.</param>
    /// <param name="File">Whose bytes it changes.</param>
    private sealed record Step(int Ended, Node[] Folders, Node? File, Action Apply, (long From, int Bytes) Range)
    {
        public bool Lasts { get; set; }
    }

    /// <param name="folder">As it is now: all of it is on the disk.</param>
    public DiskModel(string folder)
    {
        Folder = folder;
        root = new Node(folder: true);
        Take(root, folder);
        foreach (var step in steps)
            step.Lasts = true;
    }

    public string Folder { get; }

    /// <summary>How many steps are not sure to last.</summary>
    public int Unsure => steps.Count(s => !s.Lasts);

    /// <summary>A call's place in the trace.</summary>
    public void At(int line) => this.line = line;

    public Node? Find(string path)
    {
        var at = root;
        foreach (var name in Names(path))
            if (at is null || !at.Entries.TryGetValue(name, out at))
                return null;
        return at;
    }

    public Node Make(string path, bool folder)
    {
        var node = new Node(folder);
        var (parent, name) = Place(path);
        Add([parent], null, () => Enter(parent, name, node));
        return node;
    }

    public void Link(string path, string other)
    {
        var (node, (parent, name)) = (Find(path)!, Place(other));
        Add([parent], null, () => Enter(parent, name, node));
    }

    public void Remove(string path)
    {
        var (node, (parent, name)) = (Find(path)!, Place(path));
        Add([parent], null, () =>
        {
            if (parent.Entries.GetValueOrDefault(name) == node)
                parent.Entries.Remove(name);
        });
    }

    public void Rename(string path, string other)
    {
        var (node, (from, old), (to, name)) = (Find(path)!, Place(path), Place(other));
        Add([from, to], null, () =>
        {
            if (from.Entries.GetValueOrDefault(old) == node)
                from.Entries.Remove(old);
            Enter(to, name, node);
        });
    }

    public void Write(Node file, long from, byte[] bytes) => Add([], file, () => Put(file, from, bytes), (from, bytes.Length));

    public void Resize(Node file, long length) => Add([], file, () => file.Content.SetLength(length));

    /// <summary>A file or a folder is flushed: what was done to it before <paramref name="began"/> lasts.</summary>
    /// <param name="journal">Whether every name that was changed before lasts as well, as file systems with one journal have it.</param>
    public void Flush(Node node, int began, bool journal)
    {
        foreach (var step in steps.Where(s => !s.Lasts && s.Ended < began))
            step.Lasts = step.File == node || step.Folders.Contains(node) || (journal && step.File is null);
    }

    /// <summary>Plays all steps again: what lasts, and of the rest what <paramref name="keeps"/> keeps, at times with other bytes in the place of those that were lost.</summary>
    /// <param name="keeps">Of a step that is not sure to last, by whether it changes names.</param>
    /// <param name="random">What stands in the place of lost bytes; null: nothing ever does.</param>
    public Node AfterPowerLoss(Func<bool, bool> keeps, Random? random)
    {
        foreach (var node in steps.SelectMany(s => s.File is null ? s.Folders : [s.File]).Distinct())
            node.Reset();
        foreach (var step in steps)
        {
            if (step.Lasts || keeps(step.File is null))
                step.Apply();
            else if (random is not null && step.File is { } file && step.Range.Bytes > 0)
                Lose(file, step.Range.From, step.Range.Bytes, random);
        }
        return root;
    }

    /// <summary>Bytes that never reached the disk: the file is short, or has zeros there, or whatever the disk held before, or half of them.</summary>
    private static void Lose(Node file, long from, int bytes, Random random)
    {
        var kind = random.Next(3);
        if (kind == 0)
            return;
        var other = new byte[random.Next(2) == 0 ? bytes : random.Next(bytes + 1)];
        if (kind == 2)
            random.NextBytes(other);
        Put(file, from, other);
    }

    private static void Put(Node file, long from, byte[] bytes)
    {
        if (file.Content.Length < from)
            file.Content.SetLength(from);
        file.Content.Position = from;
        file.Content.Write(bytes);
    }

    private static void Enter(Node parent, string name, Node node)
    {
        // A folder has one place: where the step that brought it to the last one is lost, it comes from the one before.
        if (node is { IsFolder: true, Parent: { } before } && before.Entries.FirstOrDefault(e => e.Value == node).Key is { } old)
            before.Entries.Remove(old);
        node.Parent = parent;
        parent.Entries[name] = node;
    }

    private void Add(Node[] folders, Node? file, Action apply, (long, int) range = default)
    {
        apply();
        steps.Add(new Step(line, folders, file, apply, range));
    }

    private (Node Parent, string Name) Place(string path) => (Find(Path.GetDirectoryName(path)!)!, Path.GetFileName(path));

    private string[] Names(string path) => path.Length <= Folder.Length ? [] : path[(Folder.Length + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries);

    private void Take(Node node, string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder))
        {
            var inner = Directory.Exists(path);
            var made = Make(path, inner);
            if (inner)
                Take(made, path);
            else if (File.ReadAllBytes(path) is { Length: > 0 } bytes)
                Write(made, 0, bytes);
        }
    }
}
