namespace DataflowRlhf.Graph.Tests.Run;

public sealed class DeviceLaneTests
{
    private readonly DeviceLane lane = new(TimeProvider.System);

    [Fact]
    public async Task Who_gives_up_waiting_lets_the_next_one_in()
    {
        using var stop = new CancellationTokenSource();
        var first = await lane.TakeAsync(0, null, CancellationToken.None);
        var second = lane.TakeAsync(1, null, stop.Token);
        var third = lane.TakeAsync(2, null, CancellationToken.None);
        await stop.CancelAsync();
        await FluentActions.Awaiting(() => second).Should().ThrowAsync<OperationCanceledException>();
        first.Dispose();
        using var held = await third.WaitAsync(TestGraph.Patience);
    }

    [Fact]
    public async Task A_turn_that_was_granted_is_not_lost_to_a_cancellation()
    {
        using var stop = new CancellationTokenSource();
        var first = await lane.TakeAsync(0, null, CancellationToken.None);
        var second = lane.TakeAsync(1, null, stop.Token);
        first.Dispose();
        await stop.CancelAsync();
        (await second.WaitAsync(TestGraph.Patience)).Dispose();
        using var third = await lane.TakeAsync(2, null, CancellationToken.None).WaitAsync(TestGraph.Patience);
    }

    [Fact]
    public async Task Whichever_comes_first_the_turn_or_the_cancellation_the_next_one_gets_in()
    {
        for (var i = 0; i < 2_000; i++)
        {
            using var stop = new CancellationTokenSource();
            var first = await lane.TakeAsync(0, null, CancellationToken.None);
            var second = lane.TakeAsync(1, null, stop.Token);
            using var together = new Barrier(2);
            await Task.WhenAll(
                Task.Run(() =>
                {
                    together.SignalAndWait();
                    first.Dispose();
                }),
                Task.Run(() =>
                {
                    together.SignalAndWait();
                    stop.Cancel();
                }));
            try
            {
                (await second.WaitAsync(TestGraph.Patience)).Dispose();
            }
            catch (OperationCanceledException)
            {
                // The cancellation was first.
            }
            (await lane.TakeAsync(2, null, CancellationToken.None).WaitAsync(TestGraph.Patience)).Dispose();
        }
    }

    [Fact]
    public async Task A_cancellation_from_before_leaves_the_lane_as_it_was()
    {
        var held = await lane.TakeAsync(0, null, CancellationToken.None);
        await FluentActions.Awaiting(() => lane.TakeAsync(1, null, new CancellationToken(true))).Should().ThrowAsync<OperationCanceledException>();
        held.Dispose();
        using var next = await lane.TakeAsync(2, null, CancellationToken.None).WaitAsync(TestGraph.Patience);
    }
}
