using System.Threading.Channels;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Bench;

/// <summary>The same five additions by other means. Each returns the sum of all numbers, by which it is seen that none was lost.</summary>
internal static class RawStreams
{
    private const int Stages = 5, BatchRows = 1000, Waiting = 8;

    public static long Expected(int rows) => ((long)rows * (rows - 1) / 2) + ((long)Stages * rows);

    /// <summary>Nothing between the additions: a loop over an array, once a stage.</summary>
    public static long Loop(int rows)
    {
        var numbers = new long[rows];
        for (var i = 0; i < rows; i++)
            numbers[i] = i;
        for (var stage = 0; stage < Stages; stage++)
            for (var i = 0; i < rows; i++)
                numbers[i]++;
        return numbers.Sum();
    }

    /// <summary>Bounded channels that carry a row at a time.</summary>
    public static Task<long> RowsAsync(int rows) => ThroughAsync(
        Enumerable.Range(0, rows).Select(i => (long)i), number => number + 1, number => number, Waiting * BatchRows);

    /// <summary>Bounded channels that carry arrays of a thousand rows.</summary>
    public static Task<long> BatchesAsync(int rows) => ThroughAsync(
        Batches(rows), batch => [.. batch.Select(n => n + 1)], batch => batch.Sum(), Waiting);

    /// <summary>The engine's own pipes between the same loops, batches of a thousand rows; no key, no journal, nothing kept.</summary>
    public static async Task<long> PipesAsync(int rows)
    {
        var pipes = Enumerable.Range(0, Stages + 1).Select(i => new Edge($"{i}", $"{i + 1}", TimeProvider.System, CancellationToken.None)).ToArray();
        async Task MakeAsync()
        {
            var number = 0L;
            foreach (var batch in Batches(rows))
                await pipes[0].SendAsync(Batch.Of(number++, batch.Length).With(BenchCount.Number, batch));
            pipes[0].Complete();
        }
        async Task AddAsync(int stage)
        {
            await foreach (var batch in pipes[stage].ReadAllAsync())
                await pipes[stage + 1].SendAsync(batch.With(BenchCount.Number, [.. batch.Get(BenchCount.Number).Select(n => n + 1)]));
            pipes[stage + 1].Complete();
        }
        var working = Enumerable.Range(0, Stages).Select(stage => Task.Run(() => AddAsync(stage))).Append(Task.Run(MakeAsync)).ToArray();
        var sum = 0L;
        await foreach (var batch in pipes[Stages].ReadAllAsync())
            sum += batch.Get(BenchCount.Number).Sum();
        await Task.WhenAll(working);
        return sum;
    }

    /// <summary>Bulk made, shifted and summed, a megabyte after the other, with nothing between.</summary>
    public static double BulkLoop(int megabytes) => Enumerable.Range(0, megabytes).Sum(batch => Summed(Shifted(BenchBulk.Megabyte(batch))));

    /// <summary>The same, each step on its own behind a bounded channel.</summary>
    public static async Task<double> BulkAsync(int megabytes)
    {
        var (made, shifted) = (Bounded<float[][]>(Waiting), Bounded<float[][]>(Waiting));
        var making = Task.Run(async () =>
        {
            for (var batch = 0; batch < megabytes; batch++)
                await made.Writer.WriteAsync(BenchBulk.Megabyte(batch));
            made.Writer.Complete();
        });
        var shifting = Task.Run(async () =>
        {
            await foreach (var batch in made.Reader.ReadAllAsync())
                await shifted.Writer.WriteAsync(Shifted(batch));
            shifted.Writer.Complete();
        });
        var sum = 0.0;
        await foreach (var batch in shifted.Reader.ReadAllAsync())
            sum += Summed(batch);
        await Task.WhenAll(making, shifting);
        return sum;
    }

    private static float[][] Shifted(float[][] batch) => [.. batch.Select(BenchShift.Shifted)];

    private static double Summed(float[][] batch) => batch.Sum(BenchSum.Total);

    private static Channel<T> Bounded<T>(int waiting) => Channel.CreateBounded<T>(new BoundedChannelOptions(waiting) { SingleReader = true, SingleWriter = true });

    private static IEnumerable<long[]> Batches(int rows)
    {
        for (var from = 0L; from < rows; from += BatchRows)
            yield return [.. Enumerable.Range(0, BatchRows).Select(i => from + i)];
    }

    private static async Task<long> ThroughAsync<T>(IEnumerable<T> source, Func<T, T> add, Func<T, long> value, int waiting)
    {
        var channels = Enumerable.Range(0, Stages + 1)
            .Select(_ => Bounded<T>(waiting)).ToArray();
        async Task MakeAsync()
        {
            foreach (var item in source)
                await channels[0].Writer.WriteAsync(item);
            channels[0].Writer.Complete();
        }
        async Task AddAsync(int stage)
        {
            await foreach (var item in channels[stage].Reader.ReadAllAsync())
                await channels[stage + 1].Writer.WriteAsync(add(item));
            channels[stage + 1].Writer.Complete();
        }
        var working = Enumerable.Range(0, Stages).Select(stage => Task.Run(() => AddAsync(stage))).Append(Task.Run(MakeAsync)).ToArray();
        var sum = 0L;
        await foreach (var item in channels[Stages].Reader.ReadAllAsync())
            sum += value(item);
        await Task.WhenAll(working);
        return sum;
    }
}
