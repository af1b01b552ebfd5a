using System.Diagnostics;
using System.Globalization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Bench;

/// <summary>A pipeline in this process, from an empty store, and the most memory that the process ever took.</summary>
/// <param name="Peak">Bytes (VmHWM): libraries and the runtime included.</param>
internal sealed record StreamRun(double Seconds, long Peak, long StoreBytes)
{
    /// <summary>Numbers, and five stages that each add one.</summary>
    public const string Rows = "rows";

    /// <summary>Pairs with scores, their strength, and their labels repaired.</summary>
    public const string Pairs = "pairs";

    /// <summary>Batches of a megabyte: made, shifted, summed.</summary>
    public const string Bulk = "bulk";

    private static string Pipeline(string kind, int amount) => kind switch
    {
        Rows => $$"""
            pipeline: rows
            stages:
              rows:  { uses: bench-count, with: { rows: {{amount}} } }
              one:   { uses: bench-add, from: rows }
              two:   { uses: bench-add, from: one }
              three: { uses: bench-add, from: two }
              four:  { uses: bench-add, from: three }
              five:  { uses: bench-add, from: four }
            """,
        Pairs => $$"""
            pipeline: pairs
            stages:
              votes:    { uses: bench-votes, with: { rows: {{amount}} } }
              strength: { uses: annotate-strength, from: votes }
              clean:    { uses: relabel, from: strength, with: { recipe: flip+margin, flip-quantile: 0.2 } }
            """,
        Bulk => $$"""
            pipeline: bulk
            stages:
              bulk:    { uses: bench-bulk, with: { megabytes: {{amount}} } }
              shifted: { uses: bench-shift, from: bulk }
              sums:    { uses: bench-sum, from: shifted }
            """,
        _ => throw new ArgumentException($"'{kind}' is none of {Rows}, {Pairs}, {Bulk}."),
    };

    /// <summary>Measures in this process.</summary>
    public static async Task<StreamRun> HereAsync(string kind, int amount, RunOptions? options = null)
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        var file = Path.Combine(folder, "bench.yaml");
        await File.WriteAllTextAsync(file, Pipeline(kind, amount));
        var graph = PipelineFile.Check(file, [], new StageRegistry(typeof(BenchAdd).Assembly, typeof(Stages.Columns).Assembly)).Graph!;
        var clock = Stopwatch.StartNew();
        using (var store = ArtifactStore.Open(Path.Combine(folder, "store"), TimeProvider.System))
        {
            var result = await new Engine(store, TimeProvider.System).RunAsync(graph, options ?? new RunOptions(), new Silence(), CancellationToken.None);
            if (result.Outcome != RunOutcome.Done)
                throw new InvalidOperationException(result.Message);
        }
        var seconds = clock.Elapsed.TotalSeconds;
        var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
        Directory.Delete(folder, recursive: true);
        return new StreamRun(seconds, Highest(), bytes);
    }

    /// <summary>Measures in a process of its own, so that its memory is this pipeline's.</summary>
    /// <param name="heap">The most bytes that the runtime may take for objects, or it fails; 0: no limit.</param>
    public static async Task<StreamRun> ApartAsync(string kind, int amount, long heap = 0)
    {
        string[] words = [Path.Combine(AppContext.BaseDirectory, "bench.dll"), "stream-child", kind, amount.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo("dotnet", words) { RedirectStandardOutput = true };
        if (heap > 0)
            start.Environment["DOTNET_GCHeapHardLimit"] = heap.ToString("x", CultureInfo.InvariantCulture);
        using var child = Process.Start(start)!;
        var text = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return child.ExitCode == 0 ? System.Text.Json.JsonSerializer.Deserialize<StreamRun>(text)! : throw new InvalidOperationException($"{kind} {amount}: the child ended with {child.ExitCode}.");
    }

    private static long Highest() =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
