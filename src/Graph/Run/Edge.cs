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
    private long announced = -1;

    public EdgeMeter Meter => new(from, to, rows, batches, bytes, credit.Peak, blocked.TotalSeconds, starved.TotalSeconds);

    /// <summary>The producer failed and may begin again: what came is not to be used.</summary>
    public bool Lost { get; private set; }

    /// <summary>Sends a batch and waits while the pipe is full.</summary>
    public async Task SendAsync(Batch batch, CancellationToken cancel = default)
    {
        var asked = time.GetTimestamp();
        await credit.TakeAsync(batch.Bytes, cancel.CanBeCanceled ? cancel : stopping);
        if (!await block.SendAsync(batch, cancel.CanBeCanceled ? cancel : stopping))
        {
            cancel.ThrowIfCancellationRequested();
            stopping.ThrowIfCancellationRequested();
            throw new InvalidOperationException($"The pipe from {from} to {to} is closed.");
        }
        blocked += time.GetElapsedTime(asked);
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
            var asked = time.GetTimestamp();
            var more = await block.OutputAvailableAsync(cancel);
            starved += time.GetElapsedTime(asked);
            if (!more)
                break;
            while (block.TryReceive(out var batch))
            {
                got++;
                yield return batch;
                credit.Give(batch.Bytes);
            }
        }
        stopping.ThrowIfCancellationRequested();
        if (block.Completion.IsFaulted)
            await block.Completion;
        if (got != Volatile.Read(ref announced))
            throw new InvalidOperationException($"{to} got {got} batches of {announced} from {from}.");
    }
}
