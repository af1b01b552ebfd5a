using System.Reflection;

namespace DataflowRlhf.Graph;

/// <summary>The stages that YAML may name.</summary>
public sealed class StageRegistry
{
    private readonly SortedDictionary<string, StageKind> kinds = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<Assembly> shipped;

    public StageRegistry(params IEnumerable<Assembly> assemblies)
    {
        shipped = [.. assemblies];
        foreach (var type in shipped.SelectMany(a => a.GetExportedTypes()))
            if (type.GetCustomAttribute<StageAttribute>() is { } attribute)
                Add(new StageKind(type, attribute));
    }

    private StageRegistry(StageRegistry from)
    {
        shipped = from.shipped;
        foreach (var kind in from.Kinds)
            kinds.Add(kind.Name, kind);
    }

    public IReadOnlyCollection<StageKind> Kinds => kinds.Values;

    public StageKind? Find(string name) => kinds.GetValueOrDefault(name);

    /// <summary>These stages and those of a user's assembly. Loading it runs its code.</summary>
    /// <param name="plugin">The assembly's path.</param>
    /// <exception cref="StageException">It is not there or no assembly, is built against another version, has no stage, or has one that is broken or whose name is taken.</exception>
    public StageRegistry With(string plugin)
    {
        plugin = Path.GetFullPath(plugin);
        if (kinds.Values.Any(k => k.Plugin == plugin))
            return this;
        var more = new StageRegistry(this);
        foreach (var kind in Plugin.Stages(plugin, shipped))
            more.Add(kind);
        return more;
    }

    private void Add(StageKind kind)
    {
        if (!kinds.TryAdd(kind.Name, kind))
            throw new StageException($"two stages are named '{kind.Name}': {Whose(kinds[kind.Name])} and {Whose(kind)}. Rename one: [Stage(\"my-{kind.Name}\", …)]");
    }

    private static string Whose(StageKind kind) => kind.Plugin is null ? $"the program's {kind.Type.FullName}" : $"{kind.Type.FullName} of {Path.GetFileName(kind.Plugin)}";
}
