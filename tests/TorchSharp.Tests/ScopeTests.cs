using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class ScopeTests
{
    [Fact]
    public void Nothing_outlives_its_scope_unless_told()
    {
        Tensor inside, moved, detached;
        using (var outer = NewDisposeScope())
        {
            using (var inner = NewDisposeScope())
            {
                inside = ones(2) + 1;
                moved = (ones(3) * 2).MoveToOuterDisposeScope();
                detached = ones(4).DetachFromDisposeScope();
                inner.DisposablesCount.Should().BeGreaterThan(0);
            }
            inside.IsInvalid.Should().BeTrue();
            moved.IsInvalid.Should().BeFalse();
            outer.DisposablesCount.Should().Be(1);
        }
        moved.IsInvalid.Should().BeTrue();
        detached.sum().ToDouble().Should().Be(4);
        detached.Dispose();
    }

    [Fact]
    public void A_modules_weights_outlive_the_scope_it_was_made_in()
    {
        nn.Module<Tensor, Tensor> linear;
        using (NewDisposeScope())
            linear = nn.Linear(2, 2);
        linear.call(ones(1, 2)).shape.Should().Equal(1, 2);
        linear.Dispose();
    }

    [Fact]
    public void Memory_is_flat_over_two_thousand_training_steps()
    {
        manual_seed(1);
        using var model = nn.Linear(64, 64);
        using var head = nn.Linear(64, 1);
        using var adam = optim.AdamW(model.parameters().Concat(head.parameters()), lr: 1e-3);
        void Step()
        {
            using var scope = NewDisposeScope();
            var x = randn(256, 64);
            var loss = nn.functional.mse_loss(head.call(nn.functional.silu(model.call(x))).squeeze(-1), x.sum(1));
            adam.zero_grad();
            loss.backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            adam.step();
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
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return 4096 * long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
