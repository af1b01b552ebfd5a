using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class MemoryTests
{
    [Fact]
    public void Memory_is_flat_over_two_thousand_training_steps()
    {
        manual_seed(1);
        using var model = nn.Sequential(nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1));
        using var adam = optim.AdamW(model.parameters(), lr: 1e-3);
        var losses = new List<double>();
        void Step()
        {
            using var scope = NewDisposeScope();
            var x = randn(256, 64);
            var loss = nn.functional.mse_loss(model.call(x).squeeze(-1), x.sum(1));
            adam.zero_grad();
            loss.backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            adam.step();
            losses.Add(loss.ToDouble());
        }
        // The first steps also pay for compiled code and the allocators' own pools.
        for (var i = 0; i < 2000; i++)
            Step();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var before = Resident();
        for (var i = 0; i < 2000; i++)
            Step();
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(live);
        // One leaked activation a step (256 x 64 floats) would be 125 MiB.
        (Resident() - before).Should().BeLessThan(24L << 20);
        losses[^1].Should().BeLessThan(losses[0] / 10);
    }

    [Fact]
    public void What_nobody_holds_goes_with_the_collector()
    {
        static void Forget()
        {
            for (var i = 0; i < 200; i++)
                _ = zeros(1 << 18);
        }
        Forget();
        Resident();
        var (tensors, before) = (Tensor.TotalCount, Resident());
        for (var i = 0; i < 5; i++)
        {
            Forget();
            Resident();
        }
        Tensor.TotalCount.Should().BeLessThanOrEqualTo(tensors + 2);
        (Resident() - before).Should().BeLessThan(300L << 20);
    }

    [Fact]
    public void Arguments_live_as_long_as_their_call()
    {
        var stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        // No scope and no variable holds what stands between; only the calls do.
        try
        {
            for (var n = 1; clock.ElapsedMilliseconds < 1500; n++)
                (full([100_000], (double)n, float64) + 1).log().exp().sum().ToDouble().Should().BeApproximately(100_000.0 * (n + 1), 1e-6 * 100_000 * n);
        }
        finally
        {
            Volatile.Write(ref stop, true);
            collector.Join();
        }
    }

    /// <summary>Bytes in memory once the collector is done.</summary>
    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return 4096 * long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
