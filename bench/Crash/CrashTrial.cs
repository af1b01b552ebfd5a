namespace DataflowRlhf.Bench;

/// <summary>One fresh store: runs that are disturbed until one ends well, and what is wrong with what that one leaves.</summary>
/// <param name="Kind">How it was disturbed.</param>
/// <param name="Strikes">Runs that a signal ended.</param>
/// <param name="Resumed">Stages that went on from what was kept.</param>
/// <param name="Problems">Empty: the same bytes as undisturbed.</param>
internal sealed record CrashTrial(string Kind, int Strikes, int Resumed, IReadOnlyList<string> Problems)
{
    public static readonly string[] Kinds = ["kill", "interrupt", "fault", "two"];
    public const string Power = "power";
    private const int MostStrikes = 4;

    /// <param name="folder">Its own, and empty.</param>
    /// <param name="kind">kill, interrupt (Ctrl-C), fault (a crash in native code), two (processes at once), power (only what was flushed outlives).</param>
    public static async Task<CrashTrial> RunAsync(string kind, Undisturbed undisturbed, string folder, Random random)
    {
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        var trial = new State(kind, undisturbed, Path.Combine(work, "store"), random);
        var most = 1 + random.Next(MostStrikes);
        while (trial.Strikes < most && trial.Problems.Count == 0)
            if (await (kind switch { "two" => trial.TwoAsync(), Power => trial.PowerAsync(work, Path.Combine(folder, "trace")), _ => trial.OneAsync() }))
                break;
        if (trial.Problems.Count == 0)
            await trial.EndAsync();
        return new CrashTrial(kind, trial.Strikes, trial.Resumed, trial.Problems);
    }

    private sealed class State(string kind, Undisturbed undisturbed, string store, Random random)
    {
        public int Strikes { get; private set; }
        public int Resumed { get; private set; }
        public List<string> Problems { get; } = [];

        /// <summary>One run and one signal.</summary>
        /// <returns>Whether it ended well before.</returns>
        public async Task<bool> OneAsync()
        {
            using var victim = Start();
            var signal = kind switch { "interrupt" => Victim.Interrupt, "fault" => random.Next(2) == 0 ? Victim.Fault : Victim.Abort, _ => Victim.Kill };
            return await EndAsync(victim, Disturbance.StrikeAsync(victim, store, signal, undisturbed, random), signal);
        }

        /// <summary>Two runs, one of which is killed; the other must end well.</summary>
        public async Task<bool> TwoAsync()
        {
            using var victim = Start();
            await Task.WhenAny(victim.Ended, Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * undisturbed.Length.TotalSeconds / 2)));
            using var other = Start();
            await EndAsync(victim, Disturbance.StrikeAsync(victim, store, Victim.Kill, undisturbed, random), Victim.Kill);
            await EndAsync(other, null, 0);
            return true;
        }

        /// <summary>One run that is killed as the power fails.</summary>
        public async Task<bool> PowerAsync(string work, string trace)
        {
            var disk = new DiskModel(work);
            bool ended;
            List<(string Key, string Digest)> made;
            using (var victim = Start(trace))
            {
                ended = await EndAsync(victim, Disturbance.StrikeAsync(victim, store, Victim.Kill, undisturbed, random), Victim.Kill);
                made = [.. victim.Made];
            }
            if (ended || Problems.Count > 0)
                return true;
            var way = (PowerLoss.Way)random.Next(Enum.GetValues<PowerLoss.Way>().Length);
            PowerLoss.Apply(disk, trace, way, random);
            File.Delete(trace);
            if (Directory.Exists(store))
            {
                var left = Undisturbed.ArtifactsOf(store);
                Problems.AddRange(made.Where(m => !left.ContainsKey(m.Key)).Select(m => $"{way}: artifact {m.Key} was said to be done and is gone"));
                Problems.AddRange(Undisturbed.Faults(store).Select(f => $"{way}: {f}"));
            }
            else if (made.Count > 0)
            {
                Problems.Add($"{way}: the store is gone, with {made.Count} artifacts that were said to be done");
            }
            return false;
        }

        /// <summary>A last run that nobody disturbs, and what it leaves.</summary>
        public async Task EndAsync()
        {
            using (var last = Victim.Start(undisturbed.Pipeline, store, often: false))
                await EndAsync(last, null, 0);
            if (Problems.Count == 0)
                Problems.AddRange(undisturbed.Differences(store));
        }

        private Victim Start(string? trace = null) => Victim.Start(undisturbed.Pipeline, store, often: random.Next(2) == 0, trace);

        /// <summary>An end is as it should be: well, or by the signal.</summary>
        private async Task<bool> EndAsync(Victim victim, Task? strike, int signal)
        {
            var (exit, error) = await victim.Ended;
            await (strike ?? Task.CompletedTask);
            Resumed += victim.Resumed;
            // It may have ended before; and a fault ends in an abort.
            if (strike is not null && (exit == 128 + signal || (signal == Victim.Fault && exit == 128 + Victim.Abort)))
                Strikes++;
            else if (exit != 0)
                Problems.Add($"{(strike is null ? "undisturbed" : $"struck by signal {signal}")}, a run ended with {exit}: {victim.Message} {Short(error)}");
            return exit == 0;
        }

        private static string Short(string error) => error.Length > 600 ? error[..600] + " …" : error;
    }
}
