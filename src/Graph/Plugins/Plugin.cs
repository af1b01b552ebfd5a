using System.Collections.Concurrent;
using System.Reflection;

namespace DataflowRlhf.Graph;

/// <summary>A user's assembly and the stages in it. Naming one runs its code: a check makes its stages and asks for their ports.</summary>
internal static class Plugin
{
    private static readonly Assembly Own = typeof(Plugin).Assembly;
    private static readonly ConcurrentDictionary<(string File, DateTime Written), Assembly> Loaded = new();

    /// <summary>The stages of an assembly, by their names.</summary>
    /// <param name="file">Its full path.</param>
    /// <param name="shipped">The assemblies whose stages the program has: what they are built on is shared with the plugin.</param>
    /// <exception cref="StageException">It cannot be used; the message says why and what to do.</exception>
    public static IReadOnlyList<StageKind> Stages(string file, IEnumerable<Assembly> shipped)
    {
        if (Directory.Exists(file))
            throw new StageException($"'{file}' is a folder; name the assembly in it, such as {Path.Combine(file, Path.GetFileName(file) + ".dll")}.");
        if (!File.Exists(file))
            throw new StageException($"there is no file '{file}'. Build the project first: dotnet build");
        var types = Types(Open(file, shipped), file);
        var stages = types.Where(t => t.IsDefined(typeof(StageAttribute), inherit: false)).ToList();
        if (stages.Find(t => !t.IsVisible) is { } hidden)
            throw new StageException($"the stage {hidden.FullName} is not public. Write: public sealed class {hidden.Name}");
        if (stages.Count == 0)
            throw new StageException($"there is no stage in '{Path.GetFileName(file)}': a public sealed class with [Stage(\"name\", \"What it is for.\")] that is a Stage or a RowStage.");
        return [.. stages.Select(t => new StageKind(t, t.GetCustomAttribute<StageAttribute>()!) { Plugin = file }).OrderBy(k => k.Name, StringComparer.Ordinal)];
    }

    private static Assembly Open(string file, IEnumerable<Assembly> shipped)
    {
        try
        {
            return Loaded.GetOrAdd((file, File.GetLastWriteTimeUtc(file)), _ => new PluginContext(file, Shared(shipped)).LoadFromAssemblyPath(file));
        }
        catch (BadImageFormatException)
        {
            throw new StageException($"'{Path.GetFileName(file)}' is not a .NET assembly that runs here. Name the .dll that dotnet build leaves under bin.");
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new StageException($"'{Path.GetFileName(file)}' cannot be loaded: {FirstLine(closed)}", closed);
        }
    }

    private static Type[] Types(Assembly plugin, string file)
    {
        if (plugin.GetReferencedAssemblies().FirstOrDefault(r => r.Name == Own.GetName().Name) is not { } built)
            throw new StageException($"there is no stage in '{Path.GetFileName(file)}': it is not built against {Own.GetName().Name}. A project that is: rlhf new stage my-stage");
        if (built.Version != Own.GetName().Version)
            throw Other(file, $"version {built.Version}", null);
        try
        {
            return plugin.GetTypes();
        }
        catch (ReflectionTypeLoadException missing)
        {
            throw Missing(file, missing.LoaderExceptions.OfType<Exception>().FirstOrDefault() ?? missing);
        }
        catch (Exception missing) when (missing is FileNotFoundException or FileLoadException or TypeLoadException or MissingMemberException)
        {
            throw Missing(file, missing);
        }
    }

    private static StageException Missing(string file, Exception missing) => missing is FileNotFoundException { FileName: { Length: > 0 } name }
        ? new StageException($"'{Path.GetFileName(file)}' needs {new AssemblyName(name).Name}, which is neither beside it nor in the program. Add to its project: <EnableDynamicLoading>true</EnableDynamicLoading>", missing)
        : Other(file, "another build", missing);

    private static StageException Other(string file, string built, Exception? cause) => new(
        $"'{Path.GetFileName(file)}' was built against {built} of {Own.GetName().Name}; this program has {Own.GetName().Version}.{(cause is null ? "" : $" {FirstLine(cause)}")} Build it again: dotnet build -p:Rlhf={AppContext.BaseDirectory}", cause!);

    /// <summary>The names of the shipped stages' assemblies and of all that they are directly built on.</summary>
    private static HashSet<string> Shared(IEnumerable<Assembly> shipped) =>
        [Own.GetName().Name!, .. shipped.SelectMany(a => a.GetReferencedAssemblies().Append(a.GetName())).Select(n => n.Name!)];

    private static string FirstLine(Exception problem) => problem.Message.Split('\n', 2)[0].Trim();
}
