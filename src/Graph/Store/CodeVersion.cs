using System.Collections.Concurrent;
using System.Reflection;

namespace DataflowRlhf.Graph;

/// <summary>Which build of the code makes an artifact: the module ids of a stage's assembly and of all that lies beside it and is used by it.</summary>
internal static class CodeVersion
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> Known = new();

    /// <summary>Assembly name → module id.</summary>
    public static IReadOnlyDictionary<string, string> Of(Type stage) => Known.GetOrAdd(stage.Assembly, Collect);

    private static SortedDictionary<string, string> Collect(Assembly root)
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
