using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Drawing;

/// <summary>The picture as a tree of lines: each stage stands under the last of those that feed it; the others are named beside it.</summary>
internal sealed class TextTree
{
    private const int MostNamed = 5;
    private readonly Picture picture;
    private readonly bool colour;
    private readonly ILookup<int, int> below;
    private readonly int?[] parents;
    private readonly List<(string Rails, int Box)> lines = [];

    private TextTree(Picture picture, bool colour)
    {
        this.picture = picture;
        this.colour = colour;
        var depths = picture.Depths();
        parents = [.. picture.Boxes.Select((_, i) => picture.Above(i).Select(a => (int?)a).OrderBy(a => depths[a!.Value]).ThenBy(a => a).LastOrDefault())];
        below = parents.Select((parent, i) => (Parent: parent ?? -1, Box: i)).ToLookup(p => p.Parent, p => p.Box);
        foreach (var root in below[-1])
            Add(root, "", "");
    }

    /// <param name="colour">Whether the terminal shows colours.</param>
    public static void Print(Picture picture, bool colour, TextWriter to)
    {
        to.WriteLine($"{picture.Title}: {picture.Stages} stages, seed {picture.Seed}");
        to.WriteLine();
        new TextTree(picture, colour).Print(to);
    }

    private void Add(int box, string rails, string rest)
    {
        lines.Add((rails, box));
        var children = below[box].ToList();
        foreach (var child in children)
            Add(child, rest + (child == children[^1] ? "└─ " : "├─ "), rest + (child == children[^1] ? "   " : "│  "));
    }

    private void Print(TextWriter to)
    {
        var names = lines.Max(l => l.Rails.Length + picture.Boxes[l.Box].Label.Length);
        var kinds = picture.Boxes.Max(b => b.Uses.Length);
        var plans = picture.Boxes.Max(b => b.Plan.Length);
        foreach (var (rails, index) in lines)
        {
            var box = picture.Boxes[index];
            var label = Paint(box, box.Label) + new string(' ', names - rails.Length - box.Label.Length);
            var plan = plans == 0 ? "" : Paint(box, box.Plan) + new string(' ', plans - box.Plan.Length + 2);
            to.WriteLine($"{rails}{label}  {plan}{box.Uses.PadRight(kinds)}{Also(index)}".TrimEnd());
        }
    }

    private string Also(int box)
    {
        var others = picture.Above(box).Where(a => a != parents[box]).Select(a => picture.Boxes[a].Label).ToList();
        var before = picture.Before(box).Select(b => picture.Boxes[b].Label).ToList();
        return (others.Count > 0 ? $"  and {string.Join(", ", others.Take(MostNamed))}{(others.Count > MostNamed ? $", {others.Count - MostNamed} more" : "")}" : "") + (before.Count > 0 ? $"  ↻ {string.Join(", ", before)}" : "");
    }

    private string Paint(Box box, string text) => !colour || box.State is not { } state ? text : $"\e[{state switch
    {
        Decision.Hit => "32",
        Decision.Waits => "36",
        Decision.Resume => "34",
        Decision.Kept => "35",
        Decision.Missing => "31",
        _ => "33",
    }}m{text}\e[0m";
}
