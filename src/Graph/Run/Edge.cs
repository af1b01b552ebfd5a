using System.Runtime.CompilerServices;
using System.Threading.Tasks.Dataflow;

namespace DataflowRlhf.Graph;

/// <summary>
/// A bounded pipe from one producer to one consumer: in batches and in bytes. A batch's bytes are given back when the consumer asks for the next one.
/// The end is a count of batches: a consumer that got fewer knows that some were lost.
/// </summary>
internal sealed class Edge(string from, string to, TimeProvider time, CancellationToken stopping, int maxBatches = Edge.MaxBatches, long maxBytes = Edge.MaxBytes)
{
    public const int MaxBatches = 8;
    public const long MaxBytes = 64L << 20;
    private readonly BufferBlock<Batch> block = new(new DataflowBlockOptions { BoundedCapacity = maxBatches, CancellationToken = stopping });
    private readonly ByteCredit credit = new(maxBytes);
    private long rows, batches, bytes;
    private TimeSpan blocked, starved;
    private long blockedSince, starvedSince;
    private long taken;
    private long announced = -1;
    private volatile bool ended;

    public string From => from;
    public string To => to;

    /// <summary>A wait that goes on counts as far as it has gone.</summary>
    public EdgeMeter Meter => new(from, to, rows, batches, bytes, credit.Peak, (blocked + Since(ref blockedSince)).TotalSeconds, (starved + Since(ref starvedSince)).TotalSeconds);

    /// <summary>Batches in, and batches out.</summary>
    public long Moves => Volatile.Read(ref batches) + Volatile.Read(ref taken);

    public bool ProducerWaits => Volatile.Read(ref blockedSince) != 0;
    public bool ConsumerWaits => Volatile.Read(ref starvedSince) != 0;
    public int QueuedBatches => block.Count;
    public long QueuedBytes => credit.Used;

    /// <summary>Its consumer has not read to the end.</summary>
    public bool IsOpen => !ended;

    /// <summary>The producer failed and may begin again: what came is not to be used.</summary>
    public bool Lost { get; private set; }

    /// <summary>Sends a batch and waits while the pipe is full.</summary>
    public async Task SendAsync(Batch batch, CancellationToken cancel = default)
    {
        Volatile.Write(ref blockedSince, time.GetTimestamp());
        try
        {
            await credit.TakeAsync(batch.Bytes, cancel.CanBeCanceled ? cancel : stopping);
            if (!await block.SendAsync(batch, cancel.CanBeCanceled ? cancel : stopping))
            {
                cancel.ThrowIfCancellationRequested();
                stopping.ThrowIfCancellationRequested();
                throw new InvalidOperationException($"The pipe from {from} to {to} is closed.");
            }
        }
        finally
        {
            blocked += Since(ref blockedSince);
            Volatile.Write(ref blockedSince, 0);
        }
        rows += batch.Rows;
        bytes += batch.Bytes;
        batches++;
    }

    /// <summary>No more will come.</summary>
    public void Complete()
    {
        Volatile.Write(ref announced, batches);
        block.Complete();
    }

    /// <summary>The producer failed: the consumer is told instead of an end.</summary>
    public void Fault(Exception problem) => ((IDataflowBlock)block).Fault(problem);

    /// <summary>As <see cref="Fault"/>, where the consumer may wait for what the producer makes of its next attempt.</summary>
    public void Lose(string why)
    {
        Lost = true;
        Fault(new InvalidOperationException(why));
    }

    /// <summary>The consumer wants no more: what still comes is let through to nowhere, so that the producer can go on.</summary>
    public void Abandon()
    {
        credit.Lift();
        block.LinkTo(DataflowBlock.NullTarget<Batch>());
    }

    /// <summary>The batches, in order, until the end.</summary>
    /// <exception cref="OperationCanceledException">The run stops: what came is not all there is.</exception>
    public async IAsyncEnumerable<Batch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        var got = 0L;
        while (true)
        {
            Volatile.Write(ref starvedSince, time.GetTimestamp());
            var more = await block.OutputAvailableAsync(cancel);
            starved += Since(ref starvedSince);
            Volatile.Write(ref starvedSince, 0);
            if (!more)
                break;
            while (block.TryReceive(out var batch))
            {
                got++;
                Interlocked.Increment(ref taken);
                yield return batch;
                credit.Give(batch.Bytes);
            }
        }
        ended = true;
        stopping.ThrowIfCancellationRequested();
        if (block.Completion.IsFaulted)
            await block.Completion;
        if (got != Volatile.Read(ref announced))
            throw new InvalidOperationException($"{to} got {got} batches of {announced} from {from}.");
    }

    private TimeSpan Since(ref long since) => Volatile.Read(ref since) is var began and not 0 ? time.GetElapsedTime(began) : TimeSpan.Zero;
}
