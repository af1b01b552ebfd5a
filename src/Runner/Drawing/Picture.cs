using System.Text.RegularExpressions;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Drawing;

/// <summary>A pipeline as it is drawn: boxes in an order in which no link that counts goes back.</summary>
/// <param name="Title">The pipeline's name.</param>
/// <param name="Stages">How many stages it has, unfolded.</param>
internal sealed record Picture(string Title, ulong Seed, int Stages, IReadOnlyList<Box> Boxes, IReadOnlyList<Link> Links)
{
    /// <summary>What feeds a box and stands above it, each once.</summary>
    public IEnumerable<int> Above(int box) => Links.Where(l => l.To == box && !l.Back).Select(l => l.From).Distinct();

    /// <summary>What feeds a box from the round before.</summary>
    public IEnumerable<int> Before(int box) => Links.Where(l => l.To == box && l.Back).Select(l => l.From).Distinct();

    /// <summary>The length of the longest way to each box from a source.</summary>
    public IReadOnlyList<int> Depths()
    {
        var depths = new int[Boxes.Count];
        for (var box = 0; box < depths.Length; box++)
            depths[box] = Above(box).Select(a => depths[a] + 1).DefaultIfEmpty().Max();
        return depths;
    }

    /// <param name="unfold">A box for every stage; else one for all items of a <c>foreach</c> and for a stage of all rounds.</param>
    /// <param name="plan">What a run would do; null: not asked.</param>
    public static Picture Of(PipelineGraph graph, bool unfold, IReadOnlyList<PlanEntry>? plan)
    {
        var decisions = plan?.ToDictionary(p => p.Node.Name, p => p.Decision) ?? [];
        var folds = graph.Nodes.GroupBy(n => unfold ? n.Name : Folded(n.Name)).ToList();
        var place = folds.SelectMany((f, i) => f.Select(n => (n, i))).ToDictionary(p => p.n, p => p.i);
        var boxes = folds.Select(f => new Box(f.Count() == 1 ? f.First().Name : f.Key, f.First().Kind.Name, f.First().Ports.Output.Kind, [.. f.Select(n => n.Name)])
        {
            Group = f.Key.IndexOf('.') is > 0 and var dot && f.Key[..dot].Contains('[') ? f.Key[..f.Key.IndexOf("].", StringComparison.Ordinal)] + "]" : null,
            Decisions = [.. f.Where(n => decisions.ContainsKey(n.Name)).GroupBy(n => decisions[n.Name]).OrderByDescending(g => g.Count()).Select(g => (g.Key, g.Count()))],
        }).ToList();
        var links = from node in graph.Nodes
                    from input in node.Inputs
                    from source in input.Sources
                    select new Link(place[source], place[node], input.Port.Name, place[source] >= place[node]);
        return new Picture(graph.Name, graph.Seed, graph.Nodes.Count, boxes, [.. links.Distinct()]);
    }

    /// <summary><c>round[2].policy</c> is one of <c>round[*].policy</c>.</summary>
    private static string Folded(string name) => Regex.Replace(name, @"\[[^\]]*\]", "[*]");
}

/// <summary>A stage, or several of one kind drawn as one.</summary>
/// <param name="Name"><c>clean</c>, <c>voter[*]</c>, <c>round[2].policy</c>.</param>
/// <param name="Members">The stages that it stands for.</param>
internal sealed record Box(string Name, string Uses, ArtifactKind Leaves, IReadOnlyList<string> Members)
{
    /// <summary>The rounds that it belongs to: <c>round[*]</c>, <c>round[2]</c>; null: none.</summary>
    public string? Group { get; init; }

    /// <summary>What a run would do with how many of its stages; empty where no plan was asked for.</summary>
    public IReadOnlyList<(Decision Decision, int Count)> Decisions { get; init; } = [];

    public string Label => Members.Count == 1 ? Name : $"{(Name.EndsWith("[*]", StringComparison.Ordinal) ? Name[..^3] : Name)} ×{Members.Count}";

    /// <summary>Of several, the one that asks for most.</summary>
    public Decision? State => Decisions.Count == 0 ? null : Decisions.Select(d => d.Decision).MaxBy(d => d switch { Decision.Hit => 0, Decision.Kept => 1, Decision.Waits => 2, Decision.Resume => 3, Decision.Run => 4, _ => 5 });

    /// <summary><c>run</c>, or <c>3 run, 7 hit</c>.</summary>
    public string Plan => Decisions.Count == 1 ? Word(Decisions[0].Decision) : string.Join(", ", Decisions.Select(d => $"{d.Count} {Word(d.Decision)}"));

    public static string Word(Decision decision) => Kebab.Of(decision.ToString());
}

/// <param name="Back">Feeds the next round: it is not part of the order.</param>
internal sealed record Link(int From, int To, string Port, bool Back);
