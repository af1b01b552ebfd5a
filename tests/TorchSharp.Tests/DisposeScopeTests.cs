using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class DisposeScopeTests
{
    [Fact]
    public void Nothing_outlives_its_scope()
    {
        var before = Tensor.TotalCount;
        Tensor kept;
        using (var scope = NewDisposeScope())
        {
            kept = zeros(3) + 1;
            kept[TensorIndex.Slice(1, 2)].mul(2).sum();
            scope.DisposablesView.Should().Contain(kept).And.HaveCount(scope.DisposablesCount);
            scope.DisposablesCount.Should().BeGreaterThan(3);
        }
        kept.IsInvalid.Should().BeTrue();
        Tensor.TotalCount.Should().BeLessThanOrEqualTo(before);
    }

    [Fact]
    public void An_indexed_read_leaves_its_result_alone()
    {
        using var scope = NewDisposeScope();
        var table = Some.Counting(3, 4);
        var before = scope.DisposablesCount;
        var row = table[TensorIndex.Slice(0, 2), TensorIndex.Tensor(tensor(new[] { 1L, 3 })), TensorIndex.Null];
        row.shape.Should().Equal(2, 2, 1);
        scope.DisposablesCount.Should().Be(before + 2);   // the index and the result
    }

    [Fact]
    public void The_innermost_scope_owns_what_is_made()
    {
        using var outer = NewDisposeScope();
        var first = zeros(1);
        Tensor moved, lost;
        using (var inner = NewDisposeScope())
        {
            CurrentDisposeScope.Should().BeSameAs(inner);
            (moved, lost) = (zeros(1), zeros(1));
            inner.Contains(moved).Should().BeTrue();
            moved.MoveToOuterDisposeScope().Should().BeSameAs(moved);
            outer.Contains(moved).Should().BeTrue();
        }
        CurrentDisposeScope.Should().BeSameAs(outer);
        (first.IsInvalid, moved.IsInvalid, lost.IsInvalid).Should().Be((false, false, true));
    }

    [Fact]
    public void What_is_detached_lives_until_it_is_disposed_of()
    {
        Tensor free, outermost;
        using (var scope = NewDisposeScope())
        {
            free = scope.Detach(zeros(1));
            outermost = zeros(1).MoveToOuterDisposeScope();
            scope.DisposablesCount.Should().Be(0);
        }
        (free.IsInvalid, outermost.IsInvalid).Should().Be((false, false));
        free.Dispose();
        outermost.Dispose();
    }

    [Fact]
    public void What_is_attached_ends_with_the_scope()
    {
        using var loose = zeros(1);
        using (var outer = NewDisposeScope())
        {
            var owned = zeros(1);
            using (var inner = NewDisposeScope())
                inner.Attach(loose, owned);
            owned.IsInvalid.Should().BeTrue();
            outer.DisposablesCount.Should().Be(0);
        }
        loose.IsInvalid.Should().BeTrue();
    }

    [Fact]
    public void All_but_one_can_go_early()
    {
        using var scope = NewDisposeScope();
        var (kept, gone) = (zeros(1), zeros(1));
        scope.DisposeEverythingBut(kept).Should().BeSameAs(kept);
        (kept.IsInvalid, gone.IsInvalid, scope.DisposablesCount).Should().Be((false, true, 1));
    }

    [Fact]
    public void A_scope_ends_though_an_exception_passes()
    {
        Tensor? made = null;
        FluentActions.Invoking(() =>
        {
            using var scope = NewDisposeScope();
            made = zeros(2);
            made.reshape(3);
        }).Should().Throw<Exception>();
        made!.IsInvalid.Should().BeTrue();
        CurrentDisposeScope.Should().BeNull();
    }

    [Fact]
    public void A_modules_weights_outlive_the_scope_it_was_made_in()
    {
        nn.Module<Tensor, Tensor> layer;
        using (NewDisposeScope())
            layer = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.GELU());
        using (layer)
        using (NewDisposeScope())
            layer.call(ones(1, 2)).shape.Should().Equal(1, 3);
        layer.parameters().Invoking(p => p.Count()).Should().Throw<InvalidOperationException>();   // and end with the module.
    }

    [Fact]
    public void The_thread_counts_what_it_makes_and_disposes_of()
    {
        var counts = DisposeScopeManager.Statistics;
        counts.Reset();
        using (var scope = NewDisposeScope())
        {
            var (one, _, three) = (zeros(1), zeros(1), zeros(1));
            scope.Detach(one);
            three.Dispose();
            one.Dispose();
            counts.ThreadTotalLiveCount.Should().Be(1);
        }
        zeros(1).Dispose();
        (counts.CreatedInScopeCount, counts.DisposedInScopeCount, counts.CreatedOutsideScopeCount, counts.DisposedOutsideScopeCount, counts.DetachedFromScopeCount, counts.ThreadTotalLiveCount)
            .Should().Be((3, 2, 1, 2, 1, 0));
    }

    [Fact]
    public void A_scope_is_its_threads_alone()
    {
        using var scope = NewDisposeScope();
        Tensor? elsewhere = null;
        var thread = new Thread(() => elsewhere = zeros(1));
        thread.Start();
        thread.Join();
        scope.Contains(elsewhere!).Should().BeFalse();
        elsewhere!.Dispose();
    }

    [Fact]
    public void A_scope_ended_by_another_thread_owns_nothing_more()
    {
        using var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        var thread = new Thread(inner.Dispose);
        thread.Start();
        thread.Join();
        CurrentDisposeScope.Should().BeSameAs(outer);
        outer.Contains(zeros(1)).Should().BeTrue();
    }

    [Fact]
    public void Scopes_that_end_out_of_order_end_all_the_same()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        var kept = zeros(1);
        outer.Dispose();
        CurrentDisposeScope.Should().BeNull();
        kept.IsInvalid.Should().BeFalse();
        inner.Dispose();
        kept.IsInvalid.Should().BeTrue();
    }
}
