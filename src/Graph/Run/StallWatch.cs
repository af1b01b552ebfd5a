namespace DataflowRlhf.Graph;

/// <summary>Looks whether anything moves, and says who waits for whom where nothing does.</summary>
/// <param name="signs">Changes with every sign of life.</param>
/// <param name="now">What the running stages do.</param>
/// <param name="after">So long without a sign is worth a word.</param>
internal sealed class StallWatch(Func<long> signs, Func<IReadOnlyList<StageMeter>> now, TimeSpan after, TimeProvider time)
{
    /// <summary>Watches until <paramref name="ended"/>.</summary>
    /// <param name="tell">Told the stage to name and the explanation, again after twice the time as long as nothing moves.</param>
    /// <exception cref="StageException">All that run wait for each other: nothing will ever move.</exception>
    public async Task RunAsync(Action<string, string> tell, CancellationToken ended)
    {
        var (seen, since, next) = (signs(), time.GetTimestamp(), after);
        using var ticks = new PeriodicTimer(after / 4, time);
        while (await ticks.WaitForNextTickAsync(ended))
        {
            if (signs() is var sign && sign != seen)
            {
                (seen, since, next) = (sign, time.GetTimestamp(), after);
                continue;
            }
            var still = time.GetElapsedTime(since);
            var running = now();
            if (still < next || running.Count == 0)
                continue;
            var text = $"nothing has moved for {Duration.Text(TimeSpan.FromSeconds(Math.Round(still.TotalSeconds)))}: {string.Join("; ", running.Select(Words))}.";
            if (running.All(r => WaitsForOneOf(r, running)))
                throw new StageException($"the network stands still: {text}");
            tell(running.First(r => !WaitsForOneOf(r, running)).Stage, $"{char.ToUpperInvariant(text[0])}{text[1..]}");
            next *= 2;
        }
    }

    private static bool WaitsForOneOf(StageMeter stage, IReadOnlyList<StageMeter> running) => running.Any(r => r.Stage == stage.WaitsFor);

    private static string Words(StageMeter stage) => stage.Activity switch
    {
        StageActivity.Blocked => $"'{stage.Stage}' waits until {Who(stage)} takes a batch",
        StageActivity.Starves => $"'{stage.Stage}' waits for a batch of {Who(stage)}",
        _ => $"'{stage.Stage}' computes or hangs{(stage.QueuedBatches > 0 ? $", with {stage.QueuedBatches} batches in front of it" : "")}",
    };

    private static string Who(StageMeter stage) => stage.WaitsFor == "store" ? "the store" : $"'{stage.WaitsFor}'";
}
