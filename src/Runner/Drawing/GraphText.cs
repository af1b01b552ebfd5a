using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Drawing;

/// <summary>The picture in the languages of other programs: Mermaid, Graphviz, JSON.</summary>
internal static class GraphText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Mermaid(Picture picture)
    {
        var text = new StringBuilder("flowchart TB\n");
        void Boxes(string indent, IEnumerable<int> which)
        {
            foreach (var i in which)
            {
                var box = picture.Boxes[i];
                var (open, close) = box.Leaves switch { ArtifactKind.Model => ("([", "])"), ArtifactKind.Report => ("[/", "/]"), _ => ("[", "]") };
                text.Append($"{indent}n{i}{open}\"{Entities(box.Label)}<br/><small>{Entities(box.Uses)}</small>\"{close}{(box.State is { } state ? $":::{Box.Word(state)}" : "")}\n");
            }
        }
        Grouped(picture, (group, boxes) =>
        {
            if (group is null)
                Boxes("    ", boxes);
            else
            {
                text.Append($"    subgraph g{boxes[0]}[\"{Entities(group)}\"]\n");
                Boxes("        ", boxes);
                text.Append("    end\n");
            }
        });
        foreach (var link in Lines(picture))
            text.Append($"    n{link.From} {(link.Back ? "-. next round .->" : "-->")} n{link.To}\n");
        foreach (var state in picture.Boxes.Select(b => b.State).OfType<Decision>().Distinct().Order())
            text.Append($"    classDef {Box.Word(state)} stroke:{Colour(state)},stroke-width:2px\n");
        return text.ToString();
    }

    public static string Dot(Picture picture)
    {
        var text = new StringBuilder($"digraph \"{Quoted(picture.Title)}\" {{\n    node [shape=box, fontname=\"sans-serif\", fontsize=11];\n");
        void Boxes(string indent, IEnumerable<int> which)
        {
            foreach (var i in which)
            {
                var box = picture.Boxes[i];
                var style = box.Leaves switch { ArtifactKind.Model => ", style=rounded", ArtifactKind.Report => ", shape=note", _ => "" };
                text.Append($"{indent}n{i} [label=\"{Quoted(box.Label)}\\n{Quoted(box.Uses)}\"{style}{(box.State is { } state ? $", color=\"{Colour(state)}\", penwidth=2, tooltip=\"{Quoted(box.Plan)}\"" : "")}];\n");
            }
        }
        Grouped(picture, (group, boxes) =>
        {
            if (group is null)
                Boxes("    ", boxes);
            else
            {
                text.Append($"    subgraph cluster_{boxes[0]} {{\n        label=\"{Quoted(group)}\";\n");
                Boxes("        ", boxes);
                text.Append("    }\n");
            }
        });
        foreach (var link in Lines(picture))
            text.Append($"    n{link.From} -> n{link.To}{(link.Back ? " [style=dashed, constraint=false, label=\"next round\"]" : "")};\n");
        return text.Append("}\n").ToString();
    }

    public static string Json(Picture picture) => JsonSerializer.Serialize(
        new
        {
            pipeline = picture.Title,
            seed = picture.Seed,
            stages = picture.Boxes.Select(b => new
            {
                name = b.Name,
                uses = b.Uses,
                leaves = Kebab.Of(b.Leaves.ToString()),
                stages = b.Members,
                plan = b.Decisions.Count == 0 ? null : b.Decisions.ToDictionary(d => Box.Word(d.Decision), d => d.Count),
            }),
            edges = picture.Links.Select(l => new { from = picture.Boxes[l.From].Name, to = picture.Boxes[l.To].Name, port = l.Port, nextRound = l.Back }),
        },
        Indented).ReplaceLineEndings("\n") + "\n";

    /// <summary>A state's colour, for light and dark grounds alike.</summary>
    internal static string Colour(Decision state) => state switch
    {
        Decision.Hit => "#2e9e5b",
        Decision.Waits => "#1593a8",
        Decision.Resume => "#3b78e7",
        Decision.Kept => "#9b59b6",
        Decision.Missing => "#d64541",
        _ => "#d98c00",
    };

    /// <summary>Stages outside of rounds, one by one, and each group at once, in the picture's order.</summary>
    private static void Grouped(Picture picture, Action<string?, IReadOnlyList<int>> write)
    {
        foreach (var group in picture.Boxes.Select((b, i) => (b.Group, Key: b.Group ?? $" {i}", Place: i)).GroupBy(b => b.Key))
            write(group.First().Group, [.. group.Select(b => b.Place)]);
    }

    /// <summary>One line for two boxes, through however many ports.</summary>
    private static IEnumerable<Link> Lines(Picture picture) => picture.Links.DistinctBy(l => (l.From, l.To));

    private static string Entities(string text) => text.Replace("#", "#35;", StringComparison.Ordinal).Replace("\"", "#quot;", StringComparison.Ordinal)
        .Replace("<", "#lt;", StringComparison.Ordinal).Replace(">", "#gt;", StringComparison.Ordinal);

    private static string Quoted(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
