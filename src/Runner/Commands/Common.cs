using System.CommandLine;
using System.CommandLine.Parsing;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary>Arguments and options that several commands share.</summary>
internal static class Common
{
    /// <summary>Every stage that ships with the program.</summary>
    public static StageRegistry Registry() => new(typeof(Stages.Columns).Assembly);

    public static Argument<string> File() => new("pipeline") { Description = "The pipeline's YAML file.", HelpName = "FILE" };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides an option, a param or the seed: --set relabel.flip-below=0.1; as often as needed. Default: as the file has it.",
        HelpName = "name=value",
        DefaultValueFactory = _ => [],
    };

    public static Option<string[]> Params() => new("--params")
    {
        Description = "Values for the pipeline's params: a YAML or JSON map of names to values. --set wins over it. Default: as the file has it.",
        HelpName = "file",
        DefaultValueFactory = _ => [],
    };

    public static Option<string> Store() => new("--store")
    {
        Description = "The folder that keeps every artifact. Default: RLHF_STORE, else .rlhf in the current folder.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("RLHF_STORE") is { Length: > 0 } set ? set : ".rlhf",
    };

    public static Option<string> Device() => new("--device")
    {
        Description = "Where tensors live: auto, cpu, cuda, cuda:1. Default: auto, the first GPU if there is one.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "auto",
    };

    public static Option<TimeSpan> StallAfter() => new("--stall-after")
    {
        Description = "When nothing moves for so long, the run says which stage waits for which: 90s, 10m, 1h. Default: 5m.",
        HelpName = "TIME",
        DefaultValueFactory = _ => new RunOptions().StallAfter,
        CustomParser = result =>
        {
            if (Duration.Parse(result.Tokens[0].Value) is { } time && time >= TimeSpan.FromSeconds(1))
                return time;
            result.AddError($"--stall-after '{result.Tokens[0].Value}' is no length of time of a second or more: 90s, 10m, 1h.  write: --stall-after 10m");
            return default;
        },
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
    public static PipelineGraph? Check(string path, IEnumerable<string> settings, IEnumerable<string> paramFiles)
    {
        var file = PipelineFile.Check(path, settings, Registry(), paramFiles);
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

    /// <summary>One JSON event a line.</summary>
    public static Option<bool> Json() => new("--json") { Description = "One JSON event a line instead of a live view: docs/events.md says what each holds." };

    /// <summary>Nothing but what is wrong.</summary>
    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Nothing but warnings and what failed, on standard error." };

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
