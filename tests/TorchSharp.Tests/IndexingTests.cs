using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class IndexingTests
{
    private static Tensor Table() => arange(12f).reshape(3, 4);

    private static float[] Values(Tensor tensor) => tensor.data<float>().ToArray();

    [Fact]
    public void Takes_rows_columns_slices_masks_and_lists()
    {
        using var scope = NewDisposeScope();
        var t = Table();
        t[1, 2].item<float>().Should().Be(6);
        Values(t[1]).Should().Equal(4, 5, 6, 7);
        Values(t[-1]).Should().Equal(8, 9, 10, 11);
        Values(t[TensorIndex.Colon, TensorIndex.Single(1)]).Should().Equal(1, 5, 9);
        Values(t[TensorIndex.Slice(0, 3, 2), TensorIndex.Slice(1, 3)]).Should().Equal(1, 2, 9, 10);
        Values(t[TensorIndex.Ellipsis, TensorIndex.Single(0)]).Should().Equal(0, 4, 8);
        t[TensorIndex.Null, TensorIndex.Single(0)].shape.Should().Equal(1, 4);
        Values(t[t > 8.5]).Should().Equal(9, 10, 11);
        Values(t[tensor(new[] { 2L, 0L })]).Should().Equal(8, 9, 10, 11, 0, 1, 2, 3);
        Values(t[tensor(new[] { 0L, 2L }), tensor(new[] { 3L, 1L })]).Should().Equal(3, 9);
    }

    [Fact]
    public void Writes_where_it_points()
    {
        using var scope = NewDisposeScope();
        var t = Table();
        t[0] = zeros(4);
        t[1, 2] = tensor(-1f);
        t[TensorIndex.Slice(2, 3), TensorIndex.Slice(0, 2)] = tensor(new[] { 7f, 8f });
        Values(t).Should().Equal(0, 0, 0, 0, 4, 5, -1, 7, 7, 8, 10, 11);
    }

    [Fact]
    public void Gathers_scatters_and_selects()
    {
        using var scope = NewDisposeScope();
        var t = Table();
        Values(t.gather(1, tensor(new[] { 1L, 0L, 3L }).unsqueeze(1))).Should().Equal(1, 4, 11);
        Values(t.index_select(0, tensor(new[] { 2L, 2L })).sum(0L)).Should().Equal(16, 18, 20, 22);
        Values(zeros(3).index_add(0, tensor(new[] { 0L, 2L, 0L }), tensor(new[] { 1f, 2f, 3f }), 1)).Should().Equal(4, 0, 2);
        Values(zeros(3).scatter(0, tensor(new[] { 1L }), tensor(new[] { 5f }))).Should().Equal(0, 5, 0);
        Values(where(t > 5, t, zeros_like(t)).sum(0L)).Should().Equal(8, 9, 16, 18);
    }
}
