using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>A row's way through a pipeline, and the tree that an artifact was made from.</summary>
internal static class LineagePrinter
{
    private const int LongestCell = 160;
    private const int LongestOption = 60;

    public static void PrintTrail(string row, IReadOnlyList<RowStep> steps, bool full, bool json, TextWriter to)
    {
        if (json)
        {
            to.WriteLine(JsonSerializer.Serialize(new
            {
                row,
                steps = steps.Select(s => new
                {
                    stage = s.Stage, uses = s.Artifact.Uses, fate = s.Fate, from = s.From, reason = s.Reason, key = s.Artifact.Key, stale = s.Stale,
                    part = s.Found?.Part, rowGroup = s.Found?.Group, place = s.Found?.Place,
                    added = s.Added.ToDictionary(c => c.Column, c => c.Cell), changed = s.Changed.ToDictionary(c => c.Column, c => new { was = c.Was, now = c.Now }),
                }),
            }, Told.Indented));
            return;
        }
        var longest = full ? 0 : LongestCell;
        to.WriteLine($"row {Told.Plain(row)}");
        foreach (var step in steps.Where(s => s.Fate is not (RowFate.Follows or RowFate.Read)))
        {
            to.WriteLine($"\n{step.Stage} ({step.Artifact.Uses}) {Told.Short(step.Artifact.Key)}{(step.Stale ? ", out of date" : "")}  {Fate(step)}");
            foreach (var (column, cell) in step.Added)
                to.WriteLine($"  {(step.From is null ? " " : "+")} {column}: {Told.Cell(cell, longest)}");
            foreach (var (column, was, now) in step.Changed)
                to.WriteLine($"  ~ {column}: {Told.Cell(was, longest)} → {Told.Cell(now, longest)}");
        }
        Print("Made with it", steps.Where(s => s.Fate == RowFate.Read), to);
        Print("Made from that", steps.Where(s => s.Fate == RowFate.Follows), to);
    }

    /// <summary>The tree, each artifact once.</summary>
    public static void PrintTree(ArtifactTree tree, bool full, bool json, TextWriter to)
    {
        if (json)
        {
            var all = new Dictionary<string, ArtifactTree>(StringComparer.Ordinal);
            void Gather(ArtifactTree node)
            {
                if (all.TryAdd(node.Key, node))
                    foreach (var (_, from) in node.Inputs)
                        Gather(from);
            }
            Gather(tree);
            to.WriteLine(JsonSerializer.Serialize(new
            {
                artifact = tree.Key,
                lineage = all.Values.Select(n => new
                {
                    stage = n.Stage, key = n.Key, digest = n.Digest, uses = n.Artifact?.Uses, made = n.Artifact?.Made, seconds = n.Artifact?.Seconds, rows = n.Artifact?.Rows,
                    fields = n.Fields, inputs = n.Inputs.Select(i => new { port = i.Port, stage = i.From.Stage, key = i.From.Key }),
                }),
            }, Told.Indented));
            return;
        }
        var defaults = Defaults();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Print(tree, "", "", null);

        void Print(ArtifactTree node, string line, string below, string? port)
        {
            var again = !seen.Add(node.Key);
            to.WriteLine($"{line}{(port is null ? "" : port + ": ")}{node.Stage}{(node.Artifact is { } a ? $" ({a.Uses})" : "")} {Told.Short(node.Key)}{(again ? ", as above" : node.Artifact is null ? ", gone from the store" : "")}");
            if (again || node.Artifact is not { } made)
                return;
            var rest = below + (node.Inputs.Count > 0 ? "│  " : "   ");
            to.WriteLine($"{rest}content {Told.Short(node.Digest)}{(made.Kind == ArtifactKind.Dataset ? $", {made.Rows:N0} rows" : "")}{(made.Quarantined > 0 ? $", {made.Quarantined:N0} put aside" : "")}, {Told.Span(made.Seconds)}, {Told.Time(made.Made)}");
            foreach (var (name, value) in node.Fields.Where(f => Tells(made.Uses, f.Key, f.Value)))
                to.WriteLine($"{rest}{name} {Value(value, full)}");
            if (!full && Code(node.Fields) is { } code)
                to.WriteLine(rest + code);
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                var last = i == node.Inputs.Count - 1;
                Print(node.Inputs[i].From, below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "), node.Inputs[i].Port);
            }
        }

        bool Tells(string uses, string field, string value) => field.Split(' ')[0] switch
        {
            "file" => true,
            "seed" or "device" or "code" => full,
            "option" => full || !defaults.TryGetValue((uses, field[7..]), out var usual) || usual != value,
            _ => false,
        };
    }

    private static void Print(string title, IEnumerable<RowStep> steps, TextWriter to)
    {
        var all = steps.ToList();
        if (all.Count > 0)
            to.WriteLine($"\n{title}:");
        var width = all.Select(s => $"{s.Stage} ({s.Artifact.Uses})".Length).DefaultIfEmpty().Max();
        foreach (var step in all)
            to.WriteLine($"  {$"{step.Stage} ({step.Artifact.Uses})".PadRight(width)}  {Told.Short(step.Artifact.Key)}  {(step.Fate == RowFate.Read ? "read it from" : "from")} {step.From}{(step.Stale ? ", out of date" : "")}");
    }

    /// <summary>The version of all code that a stage reaches, in one line: equal where nothing of it changed.</summary>
    private static string? Code(IReadOnlyDictionary<string, string> fields)
    {
        var parts = fields.Where(f => f.Key.StartsWith("code ", StringComparison.Ordinal)).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}").ToList();
        return parts.Count == 0 ? null : $"code {Told.Short(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts)))))} over {parts.Count} parts";
    }

    private static string Value(string value, bool full)
    {
        if (value.Length == 64 && value.All(char.IsAsciiHexDigitLower))
            return Told.Short(value);
        var text = Told.Option(value);
        return text.Length > LongestOption && !full ? text[..LongestOption] + "…" : text;
    }

    private static string Fate(RowStep step) => step.Fate switch
    {
        RowFate.Has when step.From is null => $"has it in {step.Found!.Part}, row group {step.Found.Group + 1}, row {step.Found.Place + 1}",
        RowFate.Has => step.Added.Count + step.Changed.Count == 0 ? "passes it on as it is" : $"from {step.From}",
        RowFate.PutAside => $"put it aside: {Told.Plain(step.Reason!)}",
        RowFate.PassedOver => $"passed it over: {step.Reason}",
        _ => $"was fed it by {step.From} and did not pass it on",
    };

    /// <summary>Each stage's defaults, as keys write them.</summary>
    private static Dictionary<(string Uses, string Option), string> Defaults()
    {
        var defaults = new Dictionary<(string, string), string>();
        foreach (var kind in Commands.Common.Registry().Kinds)
            foreach (var (option, value) in DefaultOptions.Of(kind))
                defaults[(kind.Name, option)] = value;
        return defaults;
    }
}
