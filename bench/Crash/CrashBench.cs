using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DataflowRlhf.Bench;

/// <summary>Kills the program at random moments, starts it again until it ends, and holds every artifact against an undisturbed run's.</summary>
internal static class CrashBench
{
    public static string Pipeline => Path.Combine(AppContext.BaseDirectory, "crash.yaml");

    public static async Task<int> RunAsync(string[] words)
    {
        var trials = int.Parse(After(words, "--trials") ?? "200", CultureInfo.InvariantCulture);
        var seed = int.Parse(After(words, "--seed") ?? "1", CultureInfo.InvariantCulture);
        var atOnce = int.Parse(After(words, "--at-once") ?? "1", CultureInfo.InvariantCulture);
        var kinds = After(words, "--kind") is { } only ? [only] : words.Contains("--power") ? [CrashTrial.Power] : words.Contains("--full") ? [FullDisk.Kind] : CrashTrial.Kinds;
        var keep = After(words, "--keep");
        var root = Directory.CreateDirectory(keep ?? Path.Combine(Path.GetTempPath(), $"crash-{Guid.NewGuid():N}")).FullName;
        Victim.HearInterrupts();
        var clock = Stopwatch.StartNew();
        var undisturbed = await Undisturbed.RunAsync(Pipeline, Path.Combine(root, "undisturbed"));
        undisturbed = undisturbed with { Length = (await Undisturbed.RunAsync(Pipeline, Path.Combine(root, "again"))).Length };
        Console.Error.WriteLine($"Undisturbed: {undisturbed.Artifacts.Count} artifacts in {undisturbed.Length.TotalSeconds:0.0} s.");
        var done = new List<CrashTrial>();
        await Parallel.ForEachAsync(Enumerable.Range(0, trials), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (number, _) =>
        {
            var random = new Random(seed * 100_003 + number);
            // The first two numbers of a linear generator's neighbours are alike.
            random.Next();
            var kind = kinds[number % kinds.Length];
            var folder = Directory.CreateDirectory(Path.Combine(root, $"{number:0000}")).FullName;
            var trial = kind == FullDisk.Kind ? await FullDisk.RunAsync(undisturbed, folder, random) : await CrashTrial.RunAsync(kind, undisturbed, folder, random);
            lock (done)
            {
                done.Add(trial);
                foreach (var problem in trial.Problems)
                    Console.Error.WriteLine($"trial {number} (seed {seed}, {kind}): {problem}");
                if (done.Count % 10 == 0)
                    Console.Error.WriteLine($"{done.Count} of {trials} trials, {done.Sum(t => t.Strikes)} strikes, {done.Sum(t => t.Resumed)} stages resumed, {done.Count(t => t.Problems.Count > 0)} bad, {clock.Elapsed.TotalMinutes:0.0} min");
            }
            if (trial.Problems.Count == 0 || keep is null)
                Directory.Delete(folder, recursive: true);
        });
        if (keep is null)
            Directory.Delete(root, recursive: true);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            what = string.Join(", ", kinds),
            seed,
            trials,
            artifacts_each = undisturbed.Artifacts.Count,
            strikes = done.Sum(t => t.Strikes),
            by_kind = done.GroupBy(t => t.Kind).OrderBy(g => g.Key).ToDictionary(g => g.Key, g => new { trials = g.Count(), strikes = g.Sum(t => t.Strikes), resumed_stages = g.Sum(t => t.Resumed), bad = g.Count(t => t.Problems.Count > 0) }),
            resumed_stages = done.Sum(t => t.Resumed),
            differing_artifacts = done.Sum(t => t.Problems.Count(p => p.Contains("has other bytes", StringComparison.Ordinal) || p.Contains("is missing", StringComparison.Ordinal))),
            bad_trials = done.Count(t => t.Problems.Count > 0),
            minutes = Math.Round(clock.Elapsed.TotalMinutes, 1),
        }, new JsonSerializerOptions { WriteIndented = true }));
        return done.Any(t => t.Problems.Count > 0) ? 1 : 0;
    }

    private static string? After(string[] words, string name) => Array.IndexOf(words, name) is >= 0 and var at && at + 1 < words.Length ? words[at + 1] : null;
}
