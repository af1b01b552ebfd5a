using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.TensorIndex;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class IndexingTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Tensor table = Some.Counting(2, 3, 4);

    public void Dispose() => scope.Dispose();

    public static TheoryData<string, Func<Tensor, Tensor>, long[], double[]> Reads() => new()
    {
        { "one", t => t[1], [3, 4], [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23] },
        { "from the end", t => t[-1, -1], [4], [20, 21, 22, 23] },
        { "three", t => t[1, 2, 3], [], [23] },
        { "slice", t => t[Single(0), Slice(1, 3), Slice(0, 4, 2)], [2, 2], [4, 6, 8, 10] },
        { "slice to the end", t => t[Single(0), Slice(-1)], [1, 4], [8, 9, 10, 11] },
        { "range", t => t[0, 1.., ^1], [2], [7, 11] },
        { "pair", t => t[(0, 1), (1, null), (null, 1)], [1, 2, 1], [4, 8] },
        { "colon", t => t[Colon, Single(0), Single(0)], [2], [0, 12] },
        { "ellipsis", t => t[Ellipsis, Single(1)], [2, 3], [1, 5, 9, 13, 17, 21] },
        { "ellipsis between", t => t[Single(1), Ellipsis, Slice(3)], [3, 1], [15, 19, 23] },
        { "null", t => t[Null, Single(0), Single(0)], [1, 4], [0, 1, 2, 3] },
        { "null last", t => t[Single(0), Single(0), Ellipsis, Null], [4, 1], [0, 1, 2, 3] },
        { "indices", t => t[tensor(new[] { 1L, 0, 1 })].select(2, 0), [3, 3], [12, 16, 20, 0, 4, 8, 12, 16, 20] },
        { "indices in step", t => t[tensor(new[] { 0L, 1 }), tensor(new[] { 2L, 0 })], [2, 4], [8, 9, 10, 11, 12, 13, 14, 15] },
        { "indices across", t => t[tensor(new[] { 0L, 1 }).reshape(2, 1), tensor(new[] { 2L, 0 }), tensor(new[] { 3L })], [2, 2], [11, 3, 23, 15] },
        { "indices after a slice", t => t[Slice(1, 2), Tensor(tensor(new[] { 2L, 1 })), Single(0)], [1, 2], [20, 16] },
        { "mask", t => t[t > 20], [3], [21, 22, 23] },
        { "mask of one dimension", t => t[Colon, Tensor(tensor(new[] { true, false, true })), Single(0)], [2, 2], [0, 8, 12, 20] },
        { "mask then slice", t => t[Tensor(tensor(new[] { false, true })), Slice(0, 1), Slice(2)], [1, 1, 2], [14, 15] },
        { "true", t => t[0, 0][Bool(true)], [1, 4], [0, 1, 2, 3] },
    };

    [Theory]
    [MemberData(nameof(Reads))]
    public void Reads_what_numpy_reads(string what, Func<Tensor, Tensor> read, long[] shape, double[] values)
    {
        var found = read(table);
        found.shape.Should().Equal(shape, what);
        found.Values().Should().Equal(values, what);
    }

    [Fact]
    public void Views_share_their_values()
    {
        table[0, 1].fill_(-1);
        table[0, 1, 2].ToDouble().Should().Be(-1);
    }

    public static TheoryData<string, Action<Tensor>, double[]> Writes() => new()
    {
        { "one", t => t[1] = tensor(9.0), [0, 1, 9, 9] },
        { "two", t => t[1, 0] = tensor(9.0), [0, 1, 9, 3] },
        { "slice", t => t[Colon, Slice(1)] = tensor(new[] { 7.0, 8 }).reshape(2, 1), [0, 7, 2, 8] },
        { "mask", t => t[t > 1] = tensor(5.0), [0, 1, 5, 5] },
        { "indices", t => t[tensor(new[] { 1L, 0 }), tensor(new[] { 0L, 1 })] = tensor(new[] { 6.0, 7 }), [0, 7, 6, 3] },
        { "accumulate", t => t.index_put_(tensor(1.0), [tensor(new[] { 0L, 0 }), tensor(new[] { 1L, 1 })], true), [0, 3, 2, 3] },
        { "index_add_", t => t.index_add_(0, tensor(new[] { 1L, 1 }), ones(2, 2, float64), 2), [0, 1, 6, 7] },
        { "index_copy_", t => t.index_copy_(1, tensor(new[] { 0L }), full([2, 1], 9.0, float64)), [9, 1, 9, 3] },
        { "scatter_", t => t.scatter_(1, tensor(new[] { 1L, 0 }).reshape(2, 1), full([2, 1], 9.0, float64)), [0, 9, 9, 3] },
        { "scatter_add_", t => t.scatter_add_(1, tensor(new[] { 1L, 1 }).reshape(1, 2), ones(1, 2, float64)), [0, 3, 2, 3] },
        { "masked_fill_", t => t.masked_fill_(t < 2, -1), [-1, -1, 2, 3] },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public void Writes_where_it_is_told(string what, Action<Tensor> write, double[] values)
    {
        var square = Some.Counting(2, 2);
        write(square);
        square.Values().Should().Equal(values, what);
    }

    [Fact]
    public void Picks_along_dimensions()
    {
        var rows = Some.Counting(2, 3);
        rows.gather(1, tensor(new[] { 2L, 0 }).reshape(2, 1)).Values().Should().Equal(2, 3);
        rows.index_select(1, tensor(new[] { 2L, 2, 0 })).Values().Should().Equal(2, 2, 0, 5, 5, 3);
        rows.take_along_dim(rows.argmax(1, true), 1).Values().Should().Equal(2, 5);
        rows.masked_select(rows.remainder(2) == 0).Values().Should().Equal(0, 2, 4);
        where(rows > 2, rows, -rows).Values().Should().Equal(0, -1, -2, 3, 4, 5);
        (rows > 3).nonzero().Values().Should().Equal(1, 1, 1, 2);
        rows.roll(1, 1).Values().Should().Equal(2, 0, 1, 5, 3, 4);
        rows.tril().Values().Should().Equal(0, 0, 0, 3, 4, 0);
    }
}
