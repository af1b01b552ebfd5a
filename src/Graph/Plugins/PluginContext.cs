using System.Reflection;
using System.Runtime.Loader;

namespace DataflowRlhf.Graph;

/// <summary>
/// Where a plugin lives. What the program's own stages are built on is the program's, so that types are the same on both sides; all else that a plugin
/// needs comes from its own folder, in its own version.
/// </summary>
internal sealed class PluginContext(string file, IReadOnlySet<string> shared) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(file))
{
    private readonly AssemblyDependencyResolver resolver = new(file);

    protected override Assembly? Load(AssemblyName name)
    {
        if (shared.Contains(name.Name!))
            return null;
        return resolver.ResolveAssemblyToPath(name) is { } own ? LoadFromAssemblyPath(own) : null;
    }

    protected override nint LoadUnmanagedDll(string name) =>
        resolver.ResolveUnmanagedDllToPath(name) is { } own ? LoadUnmanagedDllFromPath(own) : 0;
}
