using System.Text.Json;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class LeaseTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lease-").FullName;
    private readonly HandClock clock = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Lock => Path.Combine(folder, "key");

    private StoreLock? Take() => StoreLock.TryTakeLeased(Lock, clock);

    private void Hold(LeaseOwner owner, long epoch = 1)
    {
        File.WriteAllText($"{Lock}.{epoch}", JsonSerializer.Serialize(owner, StoredRecord.Json));
        File.SetLastWriteTimeUtc($"{Lock}.{epoch}", clock.Now.UtcDateTime);
    }

    private LeaseOwner Elsewhere => LeaseOwner.Me(clock.Now) with { Host = "elsewhere", Boot = "another", Pid = 77 };

    [Fact]
    public void One_has_it_and_is_named_and_the_next_has_it_afterwards()
    {
        using (var mine = Take())
        {
            mine.Should().NotBeNull();
            Take().Should().BeNull();
            Lease.Current(Lock)!.ToString().Should().StartWith($"pid {Environment.ProcessId} on {Environment.MachineName}, since ");
            mine!.Check();
        }
        Lease.Current(Lock).Should().BeNull();
        using var next = Take();
        next.Should().NotBeNull();
        Directory.GetFiles(folder).Should().HaveCount(2, "the lock and one lease");
    }

    [Fact]
    public void One_that_is_not_heard_of_loses_it_and_notices()
    {
        using var stopped = Take();
        clock.Now += Lease.Silence - TimeSpan.FromSeconds(1);
        Take().Should().BeNull();
        clock.Now += TimeSpan.FromSeconds(2);
        using var quick = Take();
        quick.Should().NotBeNull("five minutes of silence are enough");
        Take().Should().BeNull("the new owner was heard of just now");
        quick!.Check();
        FluentActions.Invoking(stopped!.Check).Should().Throw<StageException>().WithMessage($"its lock was taken over by pid {Environment.ProcessId} on *nothing was heard of this run for 5 minutes*run again*");
        stopped.Dispose();
        quick.Check();
    }

    [Fact]
    public void A_lease_that_cannot_be_written_leaves_the_lock_to_others()
    {
        // As on a full disk: the lock's own file is there, the lease's name is too long for it.
        var file = Path.Combine(folder, new string('k', 240));
        FluentActions.Invoking(() => StoreLock.TryTakeLeased(file, clock)).Should().Throw<IOException>();
        using var next = StoreLock.TryTake(file);
        next.Should().NotBeNull();
    }

    [Fact]
    public void A_file_that_cannot_be_opened_for_another_reason_is_not_waited_for()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Lock));
        FluentActions.Invoking(Take).Should().Throw<IOException>("nobody would ever let it go");
    }

    [Fact]
    public void A_heartbeat_keeps_it()
    {
        using var mine = Lease.TryTake(Lock, alone: true, clock);
        clock.Now += Lease.Silence - TimeSpan.FromSeconds(1);
        mine!.Renew();
        clock.Now += Lease.Silence - TimeSpan.FromSeconds(1);
        Lease.TryTake(Lock, alone: true, new HandClock(clock.Now)).Should().NotBeNull("the lock itself is free here, which is sure on one machine");
    }

    [Fact]
    public void Another_machines_is_waited_for_until_it_is_silent_even_where_its_lock_does_not_reach()
    {
        Hold(Elsewhere, epoch: 7);
        Take().Should().BeNull();
        clock.Now += Lease.Silence + TimeSpan.FromSeconds(1);
        using var mine = Take();
        mine.Should().NotBeNull();
        Directory.GetFiles(folder).Select(Path.GetFileName).Should().BeEquivalentTo(["key", "key.8"], "a takeover has a higher epoch");
    }

    [Fact]
    public void What_a_dead_process_of_this_machine_left_or_a_restart_is_taken_at_once()
    {
        Hold(LeaseOwner.Me(clock.Now));
        using (var mine = Take())
            mine.Should().NotBeNull("its lock was free");
        Hold(Elsewhere with { Host = Environment.MachineName });
        using (var mine = Take())
            mine.Should().NotBeNull("the machine was started again since");
        File.WriteAllText(Lock + ".3", "{ torn");
        using (var mine = Take())
            mine.Should().NotBeNull();
        // The lock is stuck, as a network's disk may have it, yet the process is gone.
        Hold(LeaseOwner.Me(clock.Now) with { Pid = int.MaxValue });
        Lease.TryTake(Lock, alone: false, clock)!.Dispose();
        Hold(LeaseOwner.Me(clock.Now));
        Lease.TryTake(Lock, alone: false, clock).Should().BeNull("this very process lives");
    }

    [Fact]
    public void Of_many_that_take_over_one_wins()
    {
        for (var round = 0; round < 20; round++)
        {
            Hold(Elsewhere);
            clock.Now += Lease.Silence + TimeSpan.FromSeconds(1);
            var taken = new Lease?[4];
            Parallel.For(0, taken.Length, i => taken[i] = Lease.TryTake(Lock, alone: false, clock));
            taken.Count(l => l is not null).Should().Be(1);
            foreach (var lease in taken)
                lease?.Dispose();
        }
    }

    [Fact]
    public void A_former_owner_commits_nothing()
    {
        using var store = ArtifactStore.Open(folder, clock);
        var key = new string('a', 64);
        using var stopped = store.Locks.TryTake(key);
        using var work = store.NewWorkspace();
        File.WriteAllText(Path.Combine(work.Files, "file"), "late");
        clock.Now += Lease.Silence + TimeSpan.FromSeconds(1);
        using var other = ArtifactStore.Open(folder, clock);
        using var theirs = other.Locks.TryTake(key);
        other.Locks.Holder(key).Should().StartWith($" (pid {Environment.ProcessId} on ");
        var record = new StoredRecord(StoredRecord.CurrentFormat, key, "digest", "facts", "probe", "stage", "emit", ArtifactKind.Model, 0, 0, 0, clock.Now, [], []);
        FluentActions.Invoking(() => store.Commit(work, new Preimage([]), record)).Should().Throw<StageException>().WithMessage("its lock was taken over*");
        FluentActions.Invoking(() => store.CheckpointFolder(key)).Should().Throw<StageException>();
        other.Find(key).Should().BeNull();
        using var again = other.NewWorkspace();
        other.Commit(again, new Preimage([]), record).Key.Should().Be(key);
    }
}
