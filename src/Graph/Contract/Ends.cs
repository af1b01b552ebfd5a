namespace DataflowRlhf.Graph;

/// <summary>Rules of how a stage ends: by failure, by cancellation, by a kill, without rows, and with nothing left behind.</summary>
internal static class Ends
{
    public static async Task<ContractFinding> FailingInputAsync(Runs runs, string rule)
    {
        if (runs.Subject.DatasetPorts.Count == 0)
            return ContractFinding.NotAsked(rule, "no rows feed it");
        var failed = await runs.Subject.RunAsync(new Trial { Fails = true, BatchRows = 5 });
        return ContractFinding.Of(rule, failed.Left is not null ? "it left an artifact of an input that failed half way"
            : failed.Run.Outcome != RunOutcome.Failed ? $"the run ended as {failed.Run.Outcome}"
            : failed.Run.Message?.Contains(Feed.Failure, StringComparison.Ordinal) != true ? $"the cause was lost: {failed.Run.FailedStage}: {failed.Run.Message}" : null);
    }

    public static async Task<ContractFinding> CancelledAsync(Runs runs, string rule)
    {
        using var cancel = new CancellationTokenSource();
        var at = 0L;
        var run = await runs.Subject.RunAsync(new Trial
        {
            Stopping = cancel.Token,
            OnStep = step =>
            {
                if (step != 1)
                    return;
                at = runs.Time.GetTimestamp();
                cancel.Cancel();
            },
        });
        if (run.Watch.Steps == 0)
            return ContractFinding.NotAsked(rule, "it neither reads batches, nor emits any, nor tells a curve");
        var took = runs.Time.GetElapsedTime(at);
        return ContractFinding.Of(rule, run.Left is not null ? "it was cancelled at its first step and left an artifact"
            : run.Run.Outcome != RunOutcome.Interrupted ? $"the run ended as {run.Run.Outcome}: {run.Run.Message}"
            : took > runs.Options.Promptly ? $"it went on for {took.TotalSeconds:0.0} s. Look at run.Stopping in long loops" : null);
    }

    public static async Task<ContractFinding> KilledAsync(Runs runs, string rule)
    {
        var plain = await runs.Plain();
        if (plain.Watch.Steps == 0)
            return ContractFinding.NotAsked(rule, "it neither reads batches, nor emits any, nor tells a curve");
        var last = Math.Max(1, plain.Watch.Steps * 2 / 3);
        var killed = await runs.Subject.RunAsync(new Trial { OnStep = step => Kill(step >= last) });
        if (killed.Left is not null)
            return ContractFinding.Of(rule, "an exception out of the engine was swallowed: it left an artifact all the same");
        var again = await runs.Subject.RunAsync(new Trial { Store = killed.Store });
        var differs = plain.Differs(again, whole: true) ?? (plain.Left!.FactsDigest == again.Left!.FactsDigest ? null : "its facts or curves differ");
        return ContractFinding.Of(rule, differs is null ? null : $"killed at step {last} of {plain.Watch.Steps}, then run again: {differs}");
    }

    public static async Task<ContractFinding> NoRowsAsync(Runs runs, string rule)
    {
        if (runs.Subject.DatasetPorts.Count == 0)
            return ContractFinding.NotAsked(rule, "no rows feed it");
        foreach (var port in runs.Subject.DatasetPorts)
        {
            var empty = await runs.Subject.RunAsync(new Trial { Empty = port.Name });
            if (empty.Run.Outcome == RunOutcome.Failed && empty.Watch.Thrown is { } thrown && thrown is not (StageException or OptionException) && !runs.Options.Clear(thrown))
                return ContractFinding.Of(rule, $"no rows on '{port.Name}': {thrown.GetType().Name}: {thrown.Message.Split('\n')[0].Trim()}. Throw a StageException that says what to do");
            if (empty.Run.Outcome == RunOutcome.Failed && empty.Watch.Thrown is null)
                return ContractFinding.Of(rule, $"no rows on '{port.Name}': {empty.Run.Message}");
        }
        return ContractFinding.Of(rule, null);
    }

    public static async Task<ContractFinding> TidyAsync(Runs runs, string rule)
    {
        var before = Listing(runs.Subject.Folder);
        var plain = await runs.Again();
        if (plain.Trouble is { } trouble)
            return ContractFinding.Of(rule, trouble);
        var beside = Listing(runs.Subject.Folder).Except(before).Concat(plain.Watch.Beside).FirstOrDefault();
        var parts = plain.Left!.Kind == ArtifactKind.Dataset ? Directory.EnumerateFileSystemEntries(plain.Left.Folder).Select(Path.GetFileName).FirstOrDefault(f => !f!.StartsWith("part-", StringComparison.Ordinal)) : null;
        var scratch = Directory.EnumerateFileSystemEntries(Path.Combine(plain.Store, "tmp")).FirstOrDefault();
        var kept = Directory.EnumerateFileSystemEntries(Path.Combine(plain.Store, "checkpoints")).FirstOrDefault();
        return ContractFinding.Of(rule, beside is not null ? $"it wrote {beside} outside run.OutputFolder"
            : parts is not null ? $"it leaves rows, and wrote {parts} among them"
            : scratch is not null ? $"it left {scratch}"
            : kept is not null ? $"it finished, and its checkpoint {kept} is still there" : null);
    }

    public static async Task<ContractFinding> GivesBackAsync(Runs runs, string rule)
    {
        if (runs.Options.Alive is not { } alive)
            return ContractFinding.NotAsked(rule, "nobody counts");
        await runs.Plain(); // What is made once for the whole process is made by now.
        var before = alive();
        await runs.Subject.RunAsync(new Trial());
        var more = alive() - before;
        return ContractFinding.Of(rule, more > 0 ? $"{more} of the things that it made are still held. Dispose of them, or make them in a scope" : null);
    }

    private static void Kill(bool now)
    {
        if (now)
            throw new KilledException();
    }

    private static HashSet<string> Listing(string folder) => [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Select(f => $"{f} ({File.GetLastWriteTimeUtc(f):O})")];

    /// <summary>As if the process had ended here: nothing of it is anybody's to catch.</summary>
    private sealed class KilledException() : Exception("killed by the contract");
}
