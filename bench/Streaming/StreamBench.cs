using DataflowRlhf.Graph;

namespace DataflowRlhf.Bench;

/// <summary>What the network costs beside raw channels and a bare loop, how fast bulk goes through it, and that its memory does not grow with the rows.</summary>
internal static class StreamBench
{
    private const int Million = 1_000_000, Runs = 5, Heap = 96 << 20;
    private static readonly int[] Rows = [20_000, 600_000, 6 * Million, 60 * Million], Pairs = [20_000, 200_000, 2 * Million];

    /// <param name="part">rows, bulk or memory; null: all.</param>
    public static async IAsyncEnumerable<Figure> RunAsync(string? part)
    {
        if (part is null or "rows")
            await foreach (var figure in RowsAsync())
                yield return figure;
        if (part is null or "bulk")
        {
            const int megabytes = 10_000;
            const double gigabytes = megabytes * 1.048576e6 / 1e9;
            var (loop, looped) = await TimedAsync(() => Task.FromResult(RawStreams.BulkLoop(megabytes)));
            var (channels, channelled) = await TimedAsync(() => RawStreams.BulkAsync(megabytes));
            if (looped != channelled)
                throw new InvalidOperationException($"The channels lost something: {channelled} instead of {looped}.");
            yield return Figure.Of("10,000 MiB of batches made, shifted and summed: a bare loop", "GB/s", [gigabytes / loop]);
            yield return Figure.Of("the same, bounded channels", "GB/s", [gigabytes / channels]);
            var bulk = await StreamRun.ApartAsync(StreamRun.Bulk, megabytes);
            yield return Figure.Of("the same, the engine: planned, hashed, every stage kept on the disk", "GB/s", [gigabytes / bulk.Seconds]);
            yield return Figure.Of("its highest memory", "MB", [bulk.Peak / 1e6]);
            yield return Figure.Of("its store", "MB", [bulk.StoreBytes / 1e6]);
        }
        if (part is null or "memory")
            foreach (var (kind, heap, sizes) in new[] { (StreamRun.Rows, 0, Rows), (StreamRun.Rows, Heap, Rows), (StreamRun.Pairs, Heap, Pairs) })
                foreach (var rows in sizes)
                    yield return Figure.Of($"highest memory of the {kind} pipeline, {rows:N0} rows{(heap > 0 ? $", objects within {heap >> 20} MiB" : "")}", "MB", [(await StreamRun.ApartAsync(kind, rows, heap)).Peak / 1e6]);
    }

    private static async Task<(double Seconds, double Sum)> TimedAsync(Func<Task<double>> work)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var sum = await work();
        return (clock.Elapsed.TotalSeconds, sum);
    }

    private static async IAsyncEnumerable<Figure> RowsAsync()
    {
        yield return await RateAsync("a million rows, five additions: a bare loop", () => Task.FromResult(RawStreams.Loop(Million)));
        yield return await RateAsync("the same, bounded channels, a row at a time", () => RawStreams.RowsAsync(Million));
        yield return await RateAsync("the same, bounded channels, batches of 1000", () => RawStreams.BatchesAsync(Million));
        yield return await RateAsync("the same, the engine's pipes, batches of 1000, nothing kept", () => RawStreams.PipesAsync(Million));
        yield return await RateAsync("the same, the engine: planned, hashed, every stage kept on the disk", async () =>
        {
            await StreamRun.HereAsync(StreamRun.Rows, Million);
            return RawStreams.Expected(Million);
        });
    }

    private static async Task<Figure> RateAsync(string name, Func<Task<long>> work)
    {
        var rates = new List<double>();
        for (var run = 0; run <= Runs; run++)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            if (await work() is var sum && sum != RawStreams.Expected(Million))
                throw new InvalidOperationException($"{name}: {sum} instead of {RawStreams.Expected(Million)}.");
            if (run > 0)
                rates.Add(Million / clock.Elapsed.TotalSeconds / 1e6);
        }
        return Figure.Of(name, "Mrows/s", [.. rates]);
    }
}
