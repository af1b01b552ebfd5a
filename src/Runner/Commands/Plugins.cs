using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary>The option <c>--plugin FILE</c>, where a command has no pipeline file that names its plugins.</summary>
internal static class Plugins
{
    public static Option<string[]> Option() => new("--plugin")
    {
        Description = "An assembly of your own with stages, as 'plugins:' names it in a pipeline file. Its code runs. Default: none.",
        HelpName = "file",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The program's stages and the plugins', or null with what is wrong printed.</summary>
    public static StageRegistry? Registry(IEnumerable<string> files)
    {
        var registry = Common.Registry();
        foreach (var file in files)
        {
            try
            {
                registry = registry.With(file);
            }
            catch (Exception wrong) when (wrong is StageException or ArgumentException)
            {
                Console.Error.WriteLine($"--plugin {file}: {wrong.Message}");
                return null;
            }
        }
        return registry;
    }

    /// <summary>The stage of this name, or null with the nearest one printed.</summary>
    /// <param name="command">What to write before a name.</param>
    public static StageKind? Find(StageRegistry registry, string name, string command)
    {
        if (registry.Find(name) is { } found)
            return found;
        var near = Nearest.To(name, registry.Kinds.Select(k => k.Name));
        Console.Error.WriteLine($"There is no stage '{name}'.{(near is null ? " All there are: rlhf stages" : $"  write: {command} {near}")}");
        return null;
    }
}
