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
    private const int Letters = 16;
    private static readonly Lock Gate = new();
    private static readonly CodeGraph Graph = new();
    private static readonly ConcurrentDictionary<Type, IReadOnlyDictionary<string, string>> Known = new();
    private static readonly Dictionary<string, CodeImage?> Images = new(StringComparer.Ordinal);
    private static readonly Lazy<string> Format = new(() =>
    {
        lock (Gate)
            return Open(typeof(CodeVersion).Assembly) is { } image
                ? Digest(Graph.From([Graph.All(image.Find(typeof(DatasetWriter).FullName!)!), Graph.All(image.Find(typeof(DatasetReader).FullName!)!)]))
                : Digest(Modules(typeof(CodeVersion).Assembly));
    });

    /// <summary>Type, package or library that the stage reaches → its version.</summary>
    /// <param name="stage">A class with a nested <c>Options</c>.</param>
    /// <param name="rows">Whether it takes or leaves rows, which the store writes and reads.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(Type stage, bool rows)
    {
        var code = Known.GetOrAdd(stage, Collect);
        return rows ? code.Append(KeyValuePair.Create(StoreFormat, Format.Value)) : code;
    }

    private static IReadOnlyDictionary<string, string> Collect(Type stage)
    {
        lock (Gate)
        {
            if (Open(stage.Assembly)?.Find(stage.FullName!) is not { } type)
                return Modules(stage.Assembly);
            return new SortedDictionary<string, string>(
                Graph.From(Graph.Stage(type)).ToDictionary(a => a.Key.StartsWith(Product, StringComparison.Ordinal) ? a.Key[Product.Length..] : a.Key, a => a.Value), StringComparer.Ordinal);
        }
    }

    /// <summary>The file of a loaded assembly; null: there is none, or it was built again meanwhile.</summary>
    private static CodeImage? Open(Assembly assembly)
    {
        if (assembly.IsDynamic || assembly.Location is not { Length: > 0 } file)
            return null;
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
