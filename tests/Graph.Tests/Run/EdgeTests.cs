namespace DataflowRlhf.Graph.Tests.Run;

public sealed class EdgeTests
{
    private static Edge Pipe(int batches = 2, long bytes = 1 << 20, CancellationToken stopping = default) => new("a", "b", TimeProvider.System, stopping, batches, bytes);

    [Fact]
    public async Task A_full_pipe_makes_the_sender_wait()
    {
        var pipe = Pipe(batches: 2);
        await pipe.SendAsync(Probe.Of([1]));          // nobody is reading the other end,
        await pipe.SendAsync(Probe.Of([2]));          // so two batches fill the pipe,
        var third = pipe.SendAsync(Probe.Of([3]));
        third.IsCompleted.Should().BeFalse();         // and the third waits at the door,
        await using var reader = pipe.ReadAllAsync().GetAsyncEnumerator();
        await reader.MoveNextAsync();
        await third.WaitAsync(TestGraph.Patience);    // until somebody takes one out.
    }

    [Fact]
    public async Task Bytes_are_given_back_when_the_next_batch_is_asked_for()
    {
        var hundred = Probe.Of(Enumerable.Range(0, 25)); // 100 bytes
        var pipe = Pipe(batches: 10, bytes: 250);
        await pipe.SendAsync(hundred);
        await pipe.SendAsync(hundred);
        var third = pipe.SendAsync(hundred);
        await using var reader = pipe.ReadAllAsync().GetAsyncEnumerator();
        await reader.MoveNextAsync();
        third.IsCompleted.Should().BeFalse();
        await reader.MoveNextAsync();
        await third.WaitAsync(TestGraph.Patience);
        pipe.Meter.PeakBytes.Should().Be(200);
    }

    [Fact]
    public async Task A_batch_larger_than_the_pipe_passes_alone()
    {
        var pipe = Pipe(bytes: 10);
        await pipe.SendAsync(Probe.Of(Enumerable.Range(0, 25))).WaitAsync(TestGraph.Patience);
        var second = pipe.SendAsync(Probe.Of([1]));
        second.IsCompleted.Should().BeFalse();
        pipe.Abandon();
        await second.WaitAsync(TestGraph.Patience);
    }

    [Fact]
    public async Task Stopping_is_no_end()
    {
        using var stop = new CancellationTokenSource();
        var pipe = Pipe(stopping: stop.Token);
        await pipe.SendAsync(Probe.Of([1]));
        await stop.CancelAsync();
        var read = async () =>
        {
            await foreach (var _ in pipe.ReadAllAsync())
            {
            }
        };
        await read.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task A_fault_reaches_the_reader()
    {
        var pipe = Pipe();
        await pipe.SendAsync(Probe.Of([1]));
        pipe.Fault(new StageException("damaged"));
        var read = async () =>
        {
            await foreach (var _ in pipe.ReadAllAsync())
            {
            }
        };
        await read.Should().ThrowAsync<StageException>().WithMessage("damaged");
    }
}
