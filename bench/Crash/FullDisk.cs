using System.Diagnostics;
using System.Globalization;

namespace DataflowRlhf.Bench;

/// <summary>A store on a disk that is too small, and then on one that is not. Needs the right to mount.</summary>
internal static class FullDisk
{
    public const string Kind = "full";
    private const int MostKilobytes = 1500;
    private const string Room = "64m";

    public static async Task<CrashTrial> RunAsync(Undisturbed undisturbed, string folder, Random random)
    {
        var disk = Directory.CreateDirectory(Path.Combine(folder, "disk")).FullName;
        var store = Path.Combine(disk, "store");
        var problems = new List<string>();
        var kilobytes = 40 + random.Next(MostKilobytes);
        await MountAsync("-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={kilobytes}k"), "tmpfs", disk);
        var (full, resumed) = (0, 0);
        try
        {
            using (var run = Victim.Start(undisturbed.Pipeline, store, often: random.Next(2) == 0))
            {
                var (exit, error) = await run.Ended;
                full = exit == 0 ? 0 : 1;
                var told = run.Message ?? error;
                // 2: it could not even be opened.
                if (exit is not (0 or 1 or 2))
                    problems.Add($"on {kilobytes} kB it ended with {exit}: {told}");
                else if (exit != 0 && !told.Contains("no space left", StringComparison.OrdinalIgnoreCase))
                    problems.Add($"on {kilobytes} kB it said: {told}");
            }
            problems.AddRange(Undisturbed.Faults(store).Select(f => $"on {kilobytes} kB: {f}"));
            await MountAsync("-o", $"remount,size={Room}", disk);
            using (var again = Victim.Start(undisturbed.Pipeline, store, often: false))
            {
                var (exit, error) = await again.Ended;
                resumed = again.Resumed;
                problems.AddRange(exit == 0 ? undisturbed.Differences(store) : [$"with room again after {kilobytes} kB, it ended with {exit}: {again.Message} {error}"]);
            }
        }
        finally
        {
            await RunAsync("umount", disk);
        }
        return new CrashTrial(Kind, full, resumed, problems);
    }

    private static Task MountAsync(params string[] words) => RunAsync("mount", words);

    private static async Task RunAsync(string program, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', words)} ended with {process.ExitCode}: {error}");
    }
}
