using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>One stage of a checked pipeline, <c>foreach</c> and <c>repeat</c> already unrolled.</summary>
public sealed class GraphNode
{
    /// <summary><c>reward</c>, <c>voter[3]</c>, <c>round[2].policy</c>.</summary>
    public required string Name { get; init; }

    public required StageKind Kind { get; init; }

    /// <summary>The parsed Options record.</summary>
    public required object Options { get; init; }

    /// <summary>The options as canonical JSON: every property under its YAML name, in the order of the names; the cache key leaves out the performance-only ones.</summary>
    public required JsonObject OptionValues { get; init; }

    /// <summary>Names of options whose value came from the environment: it is neither shown nor stored.</summary>
    public IReadOnlySet<string> Secrets { get; init; } = new HashSet<string>();

    /// <summary>One entry a fed port, in the ports' order.</summary>
    public required IReadOnlyList<GraphInput> Inputs { get; init; }

    public required StagePorts Ports { get; init; }

    /// <summary>A dataset's columns as far as they are known before the run (a reader may find more).</summary>
    public required IReadOnlyList<Column> Columns { get; init; }

    /// <summary><c>cache: false</c>: always runs anew.</summary>
    public bool Cached { get; init; } = true;

    /// <summary><c>run: { device: gpu }</c>; null: the best there is.</summary>
    public string? Device { get; init; }

    /// <summary><c>run: { memory: try }</c>: starts where the device's memory surely does not do; otherwise the run is refused.</summary>
    public bool TriesMemory { get; init; }

    /// <summary>Retries, time limit, how many rows may go wrong, what is promised.</summary>
    public StagePolicy Policy { get; init; } = new();

    /// <summary>Line of its entry in the file, from 1.</summary>
    public int Line { get; init; }

    /// <summary>Column of it, from 1.</summary>
    public int Column { get; init; }

    /// <summary>An option has a mistake, and its default for the while.</summary>
    internal bool OptionsOpen { get; init; }

    /// <summary>What passes through may have other columns than <see cref="Columns"/>, as something before it has a mistake.</summary>
    internal bool ColumnsOpen { get; init; }

    /// <summary>A new blueprint.</summary>
    public Stage Create() => Kind.Create(Options);
}

/// <summary>What feeds a port: one node, or several in order where the port takes many.</summary>
public sealed record GraphInput(InputPort Port, IReadOnlyList<GraphNode> Sources);
