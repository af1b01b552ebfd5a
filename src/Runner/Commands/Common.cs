using System.CommandLine;
using System.CommandLine.Parsing;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary>What several commands share.</summary>
internal static class Common
{
    /// <summary>Every stage that ships with the program.</summary>
    public static StageRegistry Registry() => new(typeof(Stages.Columns).Assembly);

    /// <summary>The store of a command that is told none.</summary>
    public static string DefaultStore => Environment.GetEnvironmentVariable("RLHF_STORE") is { Length: > 0 } set ? set : ".rlhf";

    public static Option<string> Store() => new("--store")
    {
        Description = "The folder that keeps every artifact. Default: RLHF_STORE, else .rlhf in the current folder.",
        HelpName = "DIR",
        DefaultValueFactory = _ => DefaultStore,
    };

    public static Option<string> Device() => new("--device")
    {
        Description = "Where tensors live: auto, cpu, cuda, cuda:1. Default: auto, the first GPU if there is one.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "auto",
    };

    /// <summary>The options of a run on this device, or null with the reason printed.</summary>
    public static RunOptions? Options(string device)
    {
        try
        {
            var chosen = Stages.Devices.Choose(device);
            return new RunOptions { Device = chosen, Memory = Stages.Devices.Memory(chosen), Libraries = Stages.Devices.Libraries(), Clear = Stages.Failures.SpeakClearly };
        }
        catch (StageException none)
        {
            Console.Error.WriteLine(none.Message);
            return null;
        }
    }

    /// <summary>The checked graph, or null with every mistake printed.</summary>
    /// <param name="run">Where a run would be, so that a stage that cannot fit is a mistake; null: the store may have what it makes.</param>
    public static PipelineGraph? Check(string path, IEnumerable<string> settings, IEnumerable<string> paramFiles, RunOptions? run = null)
    {
        var file = PipelineFile.Check(path, settings, Registry(), paramFiles, run);
        MistakePrinter.Print(file, Console.Error);
        return file.Graph;
    }

    /// <summary>The stages that names or comma lists mean, in the graph's order, or null with every mistake printed.</summary>
    public static IReadOnlyList<GraphNode>? Find(PipelineGraph graph, params IEnumerable<string> names)
    {
        var mistakes = new List<string>();
        var nodes = graph.Find(names, mistakes);
        foreach (var mistake in mistakes)
            Console.Error.WriteLine(mistake);
        return mistakes.Count > 0 ? null : nodes;
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

    /// <summary>Of two options that say opposite things, one may stand.</summary>
    public static Action<CommandResult> NotBoth(Option<bool> one, Option<bool> other) => result =>
    {
        if (result.GetValue(one) && result.GetValue(other))
            result.AddError($"{one.Name} and {other.Name} say opposite things. Leave one out.");
    };

    /// <summary>Opens the store, or says why it cannot.</summary>
    public static ArtifactStore? Open(string folder)
    {
        try
        {
            var store = ArtifactStore.Open(folder, TimeProvider.System);
            store.OnReading = new ByteTicker(TimeProvider.System, Console.Error).Tell;
            return store;
        }
        catch (Exception problem) when (problem is StageException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"The store {folder} cannot be used: {problem.Message}  Another: --store DIR");
            return null;
        }
    }
}
