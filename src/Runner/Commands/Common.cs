using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary>Arguments and options that several commands share.</summary>
internal static class Common
{
    /// <summary>Every stage that ships with the program.</summary>
    public static StageRegistry Registry() => new(typeof(Stages.Columns).Assembly);

    public static Argument<string> File() => new("pipeline") { Description = "The pipeline's YAML file." };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides an option, a param or the seed: --set relabel.flip-below=0.1",
        HelpName = "name=value",
        DefaultValueFactory = _ => [],
    };

    public static Option<string> Store() => new("--store")
    {
        Description = "The folder that keeps every artifact. Default: RLHF_STORE, else .rlhf in the current folder.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("RLHF_STORE") is { Length: > 0 } set ? set : ".rlhf",
    };

    public static Option<string> Device() => new("--device")
    {
        Description = "Where tensors live: auto, cpu, cuda, cuda:1. Default: auto, the first GPU if there is one.",
        DefaultValueFactory = _ => "auto",
    };

    /// <summary>The options of a run on this device, or null with the reason printed.</summary>
    public static RunOptions? Options(string device)
    {
        try
        {
            var chosen = Stages.Devices.Choose(device);
            return new RunOptions { Device = chosen, Memory = Stages.Devices.Memory(chosen), Clear = Stages.Failures.SpeakClearly };
        }
        catch (StageException none)
        {
            Console.Error.WriteLine(none.Message);
            return null;
        }
    }

    /// <summary>The checked graph, or null with every mistake printed.</summary>
    public static PipelineGraph? Check(string path, IEnumerable<string> settings)
    {
        var file = PipelineFile.Check(path, settings, Registry());
        if (file.Graph is null)
            MistakePrinter.Print(file, Console.Error);
        return file.Graph;
    }

    /// <summary>The stages that a name means, or null with what was possible printed.</summary>
    public static IReadOnlyList<GraphNode>? Find(PipelineGraph graph, string name)
    {
        var nodes = graph.Find(name);
        if (nodes.Count > 0)
            return nodes;
        var near = Nearest.To(name, graph.Nodes.Select(n => n.Name));
        Console.Error.WriteLine($"There is no stage '{name}' in it ({string.Join(", ", graph.Nodes.Select(n => n.Name))}).{(near is null ? "" : $"  write: {near}")}");
        return null;
    }

    /// <summary>The artifact that a pinned name, <c>pipeline:stage</c> or the beginning of a key means, or null with what was possible printed.</summary>
    public static ArtifactRecord? Find(ArtifactStore store, string name)
    {
        try
        {
            return store.Names.Find(name);
        }
        catch (StageException none)
        {
            Console.Error.WriteLine(none.Message);
            return null;
        }
    }

    /// <summary>Opens a store that is there, or says why it cannot; makes none.</summary>
    public static ArtifactStore? OpenThere(string folder)
    {
        if (Directory.Exists(Path.Combine(folder, "artifacts")))
            return Open(folder);
        Console.Error.WriteLine($"There is no store in {folder}.  Another: --store DIR");
        return null;
    }

    /// <summary>Opens the store, or says why it cannot.</summary>
    public static ArtifactStore? Open(string folder)
    {
        try
        {
            return ArtifactStore.Open(folder, TimeProvider.System);
        }
        catch (Exception problem) when (problem is StageException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"The store {folder} cannot be used: {problem.Message}  Another: --store DIR");
            return null;
        }
    }
}
