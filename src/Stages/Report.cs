using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Reporting;

namespace DataflowRlhf.Stages;

/// <summary>What a run found, on one page: strengths, accuracies, curves, verdicts. As tables in the terminal, as report.json, and as report.html that loads nothing.</summary>
[Stage("report", "Gathers strengths, accuracies, training curves and verdicts into tables, report.json and one HTML page.")]
[Example(Examples.Strength + """
      clean: { uses: relabel, from: strength }
      report: { uses: report, from: [strength, clean, "voter[*]"] }
    """)]
public sealed class Report(Report.Options options) : Stage
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public sealed record Options
    {
        [Option("The page's heading. Default: What the run found.")]
        public string Title { get; init; } = "What the run found";
    }

    public override StagePorts Ports => new([new AnyPort("artifacts") { Many = true }], Output.Report);

    public override async Task RunAsync(IStageRun run)
    {
        var artifacts = run.Artifacts("artifacts");
        var page = new HtmlPage(options.Title, "Reward modelling and policy optimisation after “Secrets of RLHF in Large Language Models, Part II”. Figures are of held-out rows unless said otherwise; intervals are 95 %.");
        var json = new JsonObject();
        List<StrengthFacts> strengths = [];
        foreach (var dataset in artifacts.Where(a => a.Kind == ArtifactKind.Dataset))
            if (await StrengthFacts.ReadAsync(dataset, run.Stopping) is { } facts)
                strengths.Add(facts);
        List<TextTable> tables = [];
        Verdicts(artifacts, page, json, tables);
        Accuracies(artifacts, page, json, tables);
        Strengths(strengths, page, json, tables);
        Curves(artifacts, page);
        foreach (var table in tables)
        {
            foreach (var line in table.Lines())
                run.Say(line);
            run.Say("");
        }
        var html = Path.Combine(run.OutputFolder, "report.html");
        await File.WriteAllTextAsync(html, page.ToString(), run.Stopping);
        await File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "report.json"), json.ToJsonString(Indented) + "\n", run.Stopping);
        foreach (var (key, value) in json)
            run.Summarize(key, value?.DeepClone());
    }

    private static void Verdicts(IReadOnlyList<ArtifactInput> artifacts, HtmlPage page, JsonObject json, List<TextTable> tables)
    {
        var found = artifacts.Where(a => a.Uses == "compare").ToList();
        if (found.Count == 0)
            return;
        var rows = found.Select(a => new Verdict($"{Text(a, "candidate")} vs {Text(a, "opponent")} ({Text(a, "split")})",
            (int)Number(a, "win"), (int)Number(a, "tie"), (int)Number(a, "lose"), Number(a, "win_rate"), Number(a, "low"), Number(a, "high"))).ToList();
        var table = new TextTable("Who wins", ["candidate vs opponent", "judge", "win", "tie", "lose", "win rate", "95 %"],
            [.. rows.Zip(found, (r, a) => (IReadOnlyList<string>)[r.Name, Text(a, "judge"), Whole(r.Win), Whole(r.Tie), Whole(r.Lose), Percent(r.Rate), $"{Percent(r.Low)}–{Percent(r.High)}"])]);
        page.Section("Who wins", "Both policies answer the same prompts; the judge prefers one, or neither. A tie counts one half (paper, Tables 2 and 3).")
            .Figures([("Wins, ties, losses; below each bar the win rate and its interval", Charts.Verdicts("win rates", rows))]).Table(table);
        tables.Add(table);
        json["verdicts"] = new JsonArray([.. found.Select(a => (JsonNode)a.Summary.DeepClone())]);
    }

    private static void Accuracies(IReadOnlyList<ArtifactInput> artifacts, HtmlPage page, JsonObject json, List<TextTable> tables)
    {
        var models = artifacts.Where(a => a.Uses == "evaluate-reward").SelectMany(a => (a.Summary["models"] as JsonArray ?? []).OfType<JsonObject>()).ToList();
        if (models.Count == 0)
            return;
        string Cell(JsonObject m, string name) => m[name] is { } value ? Percent(value.Deserialize<double>()) : "–";
        var table = new TextTable("Accuracy of the reward models", ["model", "labels as given", "true labels", "both agree", "true, out of distribution"],
            [.. models.Select(m => (IReadOnlyList<string>)[m["stage"]!.GetValue<string>(), Cell(m, "original"), Cell(m, "truth"), Cell(m, "agreement"), m["ood"] is JsonObject ood ? Cell(ood, "truth") : "–"])]);
        page.Section("Accuracy of the reward models", "Share of validation pairs ordered rightly, a tie counting one half: by the labels as given, by the planted truth, and on the rows where both agree (paper 2.5).").Table(table);
        var groups = models.Where(m => m["by_group"] is JsonArray).Select(m => new Series(m["stage"]!.GetValue<string>(),
            [.. m["by_group"]!.AsArray().Select(g => (g!["group"]!.Deserialize<int>() + 1.0, g["accuracy"]!.Deserialize<double>()))])).ToList();
        if (groups.Count > 0)
            page.Figures([("Accuracy on labels as given, by group of rising strength", Charts.Lines("accuracy by strength", "group by strength, weakest first", groups))]);
        tables.Add(table);
        json["accuracy"] = new JsonArray([.. models.Select(m => m.DeepClone())]);
    }

    private static void Strengths(List<StrengthFacts> strengths, HtmlPage page, JsonObject json, List<TextTable> tables)
    {
        if (strengths.Count == 0)
            return;
        var facts = strengths[0];
        page.Section("Preference strength", $"Mean over the voters of r(chosen) − r(rejected), on {facts.Rows:N0} training pairs; {Percent(facts.BelowZero)} lie below zero (paper 2.2).").Figures(
            ("Strength of the pairs (paper Fig. 1)", Charts.Histogram("strength histogram", "mean strength", facts.Edges, facts.Counts)),
            ("20 equal groups by mean strength (paper Fig. 2)", Charts.Lines("twenty groups", "group, weakest first", new Series("mean", facts.GroupMean), new Series("std", facts.GroupStd))));
        json["strength"] = new JsonObject { ["stage"] = facts.Stage, ["rows"] = facts.Rows, ["below_zero"] = facts.BelowZero };
        if (facts.NoiseAuc is not { } auc)
            return;
        var flips = strengths.FirstOrDefault(s => s.Flips is not null)?.Flips;
        List<IReadOnlyList<string>> rows = [["wrong labels planted", Percent(facts.WrongShare!.Value)], ["strength as detector of wrong labels, AUC", auc.ToString("0.000", CultureInfo.InvariantCulture)]];
        if (flips is { } f)
            rows.AddRange([["labels flipped", Whole(f.Flipped)], ["flips that were right (precision)", Percent(f.Precision)], ["wrong labels found (recall)", Percent(f.Recall)]]);
        var table = new TextTable("Against the planted truth", ["what", "value"], rows);
        page.Section("Against the planted truth", "The synthetic world knows which labels are wrong; no training ever reads it.").Table(table);
        tables.Add(table);
        json["truth"] = new JsonObject { ["wrong_share"] = facts.WrongShare, ["auc"] = auc, ["flipped"] = flips?.Flipped, ["precision"] = flips?.Precision, ["recall"] = flips?.Recall };
    }

    private static void Curves(IReadOnlyList<ArtifactInput> artifacts, HtmlPage page)
    {
        var curves = artifacts.Where(a => a.Kind == ArtifactKind.Model).Select(a => (a.Stage, a.Uses, Points: a.Metrics().ToLookup(m => m.Name))).ToList();
        Series Curve((string Stage, string Uses, ILookup<string, MetricPoint> Points) model, string name) =>
            new(model.Stage, Thin(model.Points[name].Select(p => ((double)p.Step, p.Value)).ToList()));
        void Group(string heading, string note, Func<string, bool> uses, params (string Metric, string Caption, string X)[] wanted)
        {
            var figures = wanted.Select(w => (w.Caption, w.X, Series: curves.Where(c => uses(c.Uses)).Select(c => Curve(c, w.Metric)).Where(s => s.Points.Count > 1).ToList()))
                .Where(f => f.Series.Count > 0).Select(f => (f.Caption, Charts.Lines(f.Caption, f.X, f.Series))).ToList();
            if (figures.Count > 0)
                page.Section(heading, note).Figures(figures);
        }
        Group("Training of the reward models", "Loss and accuracy on the labels each model was given, smoothed over neighbouring steps.", u => u is "train-reward" or "meta-update",
            ("loss", "Loss", "optimizer step"), ("accuracy", "Accuracy on the batch", "optimizer step"), ("difference", "Difference loss J on shifted responses", "optimizer step"));
        Group("Policy optimisation", "One point an iteration (paper Fig. 9 and 17).", u => u == "ppo",
            ("reward", "Reward-model score", "iteration"), ("kl", "KL to the reference, nats a response", "iteration"), ("perplexity", "Perplexity under the reference", "iteration"),
            ("entropy", "Entropy a token", "iteration"), ("length", "Tokens a response", "iteration"), ("value_loss", "Value loss", "iteration"));
        Group("Supervised training", "Cross-entropy on the chosen responses.", u => u == "train-sft", ("loss", "Loss", "optimizer step"));
    }

    /// <summary>At most 100 points, each the mean of its neighbours.</summary>
    private static List<(double X, double Y)> Thin(List<(double X, double Y)> points)
    {
        var width = (points.Count + 99) / 100;
        return width <= 1 ? points : [.. points.Chunk(width).Select(c => (c.Average(p => p.X), c.Average(p => p.Y)))];
    }

    private static double Number(ArtifactInput artifact, string key) => artifact.Summary[key]?.Deserialize<double>() ?? double.NaN;

    private static string Text(ArtifactInput artifact, string key) => artifact.Summary[key]?.Deserialize<string>() ?? "–";

    private static string Percent(double share) => share.ToString("0.0%", CultureInfo.InvariantCulture);

    private static string Whole(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
