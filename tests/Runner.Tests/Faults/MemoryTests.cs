using DataflowRlhf.Bench;

namespace DataflowRlhf.Runner.Tests.Faults;

public sealed class MemoryTests
{
    private const int Rows = 200_000;

    /// <summary>As objects a dataset of these takes a hundred megabytes, and three are made: whoever held one of them would run out.</summary>
    [Fact]
    public async Task Rows_that_do_not_fit_into_memory_pass_through()
    {
        var passed = await StreamRun.ApartAsync(StreamRun.Pairs, Rows, heap: 64 << 20);
        passed.StoreBytes.Should().BeGreaterThan(100 * Rows);
    }
}
