using System.Reflection;

namespace DataflowRlhf.Graph;

/// <summary>The stages that YAML may name.</summary>
public sealed class StageRegistry
{
    private readonly SortedDictionary<string, StageKind> kinds = new(StringComparer.Ordinal);

    public StageRegistry(params IEnumerable<Assembly> assemblies)
    {
        foreach (var type in assemblies.SelectMany(a => a.GetExportedTypes()))
        {
            if (type.GetCustomAttribute<StageAttribute>() is not { } attribute)
                continue;
            if (!kinds.TryAdd(attribute.Name, new StageKind(type, attribute)))
                throw new InvalidOperationException($"Two stages are named '{attribute.Name}': {kinds[attribute.Name].Type.FullName} and {type.FullName}.");
        }
    }

    public IReadOnlyCollection<StageKind> Kinds => kinds.Values;

    public StageKind? Find(string name) => kinds.GetValueOrDefault(name);
}
