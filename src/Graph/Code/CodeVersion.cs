using System.Collections.Concurrent;
using System.Reflection;

namespace DataflowRlhf.Graph;

/// <summary>
/// The code that makes an artifact: of a stage's body all that it reaches, by what it says rather than by which build it is in. A change of other code, an assembly that is
/// built again, another folder: none of them matters.
/// </summary>
internal static class CodeVersion
{
    /// <summary>Under which name the code that writes and reads datasets is told.</summary>
    public const string StoreFormat = "store-format";

    private const string Product = "DataflowRlhf.";
    private const string Memory = "code";
    private const int Letters = 16;
    private static readonly Lock Gate = new();
    private static readonly CodeGraph Graph = new();
    private static readonly ConcurrentDictionary<Type, IReadOnlyDictionary<string, string>> Known = new();
    private static readonly Dictionary<string, CodeImage?> Images = new(StringComparer.Ordinal);

    /// <summary>Type, package or library that the stage reaches → its version.</summary>
    /// <param name="stage">A class with a nested <c>Options</c>.</param>
    /// <param name="rows">Whether it takes or leaves rows, which the store writes and reads.</param>
    /// <param name="store">The store's folder, which remembers it.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(Type stage, bool rows, string store)
    {
        var memory = Path.Combine(store, Memory);
        var code = Known.GetOrAdd(stage, s => Find(s, memory, image => image.Find(s.FullName!) is { } type ? Graph.Stage(type) : null));
        if (!rows)
            return code;
        var format = Known.GetOrAdd(typeof(DatasetWriter), s => Find(s, memory, image => new[] { typeof(DatasetWriter), typeof(DatasetReader) }.Select(t => Graph.All(image.Find(t.FullName!)!))));
        return code.Append(KeyValuePair.Create(StoreFormat, Digest(format)));
    }

    private static IReadOnlyDictionary<string, string> Find(Type from, string memory, Func<CodeImage, IEnumerable<CodePart>?> roots)
    {
        var name = from.FullName!;
        var file = from.Assembly is { IsDynamic: false, Location.Length: > 0 } assembly ? assembly.Location : null;
        if (file is not null && CodeMemo.Read(memory, name, Path.GetDirectoryName(file)!) is { } remembered)
            return remembered;
        lock (Gate)
        {
            if (file is null || Open(from.Assembly, file) is not { } image || roots(image) is not { } parts)
                return Modules(from.Assembly);
            var found = Graph.From(parts);
            var reach = found with { Areas = new(found.Areas.ToDictionary(a => a.Key.StartsWith(Product, StringComparison.Ordinal) ? a.Key[Product.Length..] : a.Key, a => a.Value), StringComparer.Ordinal) };
            // What reads the code is part of the engine.
            CodeMemo.Write(memory, name, Open(typeof(CodeVersion).Assembly, typeof(CodeVersion).Assembly.Location) is { } engine ? reach with { Images = [.. reach.Images.Append(engine).Distinct()] } : reach);
            return reach.Areas;
        }
    }

    /// <summary>The file of a loaded assembly; null: it was built again meanwhile.</summary>
    private static CodeImage? Open(Assembly assembly, string file)
    {
        var image = Open(file);
        return image?.ModuleId == assembly.ManifestModule.ModuleVersionId ? image : null;
    }

    private static CodeImage? Open(string file)
    {
        if (Images.TryGetValue(file, out var known))
            return known;
        var folder = Path.GetDirectoryName(file)!;
        return Images[file] = File.Exists(file)
            ? new CodeImage(File.ReadAllBytes(file), folder, name => Open(Path.Combine(AppContext.BaseDirectory, name + ".dll")) ?? Open(Path.Combine(folder, name + ".dll")))
            : null;
    }

    private static string Digest(IEnumerable<KeyValuePair<string, string>> areas)
    {
        using var digest = new ContentDigest();
        foreach (var (area, version) in areas)
            digest.Add(area).Add(version);
        return digest.Take()[..Letters];
    }

    /// <summary>Where the code itself cannot be read: the builds of an assembly and of all that lies beside the program and is used by it.</summary>
    private static SortedDictionary<string, string> Modules(Assembly root)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var open = new Queue<Assembly>([root]);
        while (open.TryDequeue(out var assembly))
        {
            if (!found.TryAdd(assembly.GetName().Name!, assembly.ManifestModule.ModuleVersionId.ToString("N")))
                continue;
            foreach (var name in assembly.GetReferencedAssemblies().Where(n => File.Exists(Path.Combine(AppContext.BaseDirectory, n.Name + ".dll"))))
                open.Enqueue(Assembly.Load(name));
        }
        return found;
    }
}
