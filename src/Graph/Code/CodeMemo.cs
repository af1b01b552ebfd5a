using System.Collections.Concurrent;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace DataflowRlhf.Graph;

/// <summary>
/// Remembers in the store what a stage's code was found to be, for as long as every assembly and library that was read for it is the same build:
/// reading the code takes most of a second, and is needed once a build. What cannot be remembered is read again.
/// </summary>
internal static class CodeMemo
{
    private const string Module = "module";
    private const string Native = "native";
    private static readonly ConcurrentDictionary<string, string?> Builds = new();

    /// <param name="folder">Where it is remembered.</param>
    /// <param name="name">Of the stage.</param>
    /// <param name="beside">Where its assembly lies.</param>
    /// <returns>Area → version; null: nothing is remembered, or something was built again.</returns>
    public static IReadOnlyDictionary<string, string>? Read(string folder, string name, string beside)
    {
        try
        {
            var file = FileOf(folder, name);
            if (!File.Exists(file))
                return null;
            var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
            var lines = File.ReadAllLines(file);
            if (lines.Length == 0 || lines[^1] != End(lines.Length - 1))
                return null;
            foreach (var line in lines.SkipLast(1))
            {
                var words = line.Split('\t');
                if (words is [Module, var assembly, var build])
                {
                    if ((Build(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")) ?? Build(Path.Combine(beside, assembly + ".dll"))) != build)
                        return null;
                }
                else if (words is [Native, var library, var hash])
                {
                    if (new[] { AppContext.BaseDirectory, beside }.Select(f => Path.Combine(f, library)).FirstOrDefault(File.Exists) is not { } there || CodeNative.Hash(there) != hash)
                        return null;
                }
                else
                {
                    found.Add(words[0], words[1]);
                }
            }
            return found;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="reach">What was found, and what was read for it.</param>
    public static void Write(string folder, string name, CodeReach reach)
    {
        if (reach.Images.Any(i => i.Build is null))
            return;
        var lines = reach.Images.OrderBy(i => i.Name, StringComparer.Ordinal).Select(i => $"{Module}\t{i.Name}\t{i.Build}")
            .Concat(reach.Libraries.Select(l => $"{Native}\t{Path.GetFileName(l)}\t{CodeNative.Hash(l)}"))
            .Concat(reach.Areas.Select(a => $"{a.Key}\t{a.Value}")).ToList();
        try
        {
            Directory.CreateDirectory(folder);
            var making = Path.Combine(folder, $"{Guid.NewGuid():N}.tmp");
            File.WriteAllLines(making, lines.Append(End(lines.Count)));
            File.Move(making, FileOf(folder, name), overwrite: true);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // Only quicker, never needed.
        }
    }

    /// <summary>What tells one build of an assembly's file from another; null: there is no such file.</summary>
    private static string? Build(string path) => Builds.GetOrAdd(path, file =>
    {
        if (!File.Exists(file))
            return null;
        using var stream = File.OpenRead(file);
        using var pe = new PEReader(stream);
        var reader = pe.GetMetadataReader();
        return Build(reader.GetGuid(reader.GetModuleDefinition().Mvid), stream.Length);
    });

    public static string Build(Guid module, long length) => $"{module:N} {length}";

    private static string FileOf(string folder, string name) => Path.Combine(folder, $"{name}.txt");

    private static string End(int lines) => $"{lines} lines";
}
