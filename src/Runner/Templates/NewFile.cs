namespace DataflowRlhf.Runner.Templates;

/// <summary>A file to be written, its name relative to the folder that was asked for.</summary>
internal sealed record NewFile(string Name, string Text)
{
    /// <summary>Writes files into a folder, or none of them where one is there already.</summary>
    /// <exception cref="IOException">One is there, or the folder cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<NewFile> files)
    {
        if (files.FirstOrDefault(f => Path.Exists(Path.Combine(folder, f.Name))) is { } taken)
            throw new IOException($"{Path.Combine(folder, taken.Name)} is there already, and nothing is overwritten. Another place: --output");
        if (folder.Length > 0)
            Directory.CreateDirectory(folder);
        foreach (var file in files)
            using (var writer = new StreamWriter(new FileStream(Path.Combine(folder, file.Name), FileMode.CreateNew)))
                writer.Write(file.Text.ReplaceLineEndings("\n"));
    }
}
