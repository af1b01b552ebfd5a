using TorchSharp;
using static TorchSharp.torch;
using Style = global::TorchSharp.TensorStringStyle;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class DtypeTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string, Func<Tensor>, ScalarType> Made() => new()
    {
        { "tensor(1)", () => tensor(1), int32 },
        { "tensor(1L)", () => tensor(1L), int64 },
        { "tensor(1.0)", () => tensor(1.0), float64 },
        { "tensor(1f)", () => tensor(1f), float32 },
        { "tensor(true)", () => tensor(true), @bool },
        { "tensor(float[])", () => tensor(new[] { 1f }), float32 },
        { "tensor(double[])", () => tensor(new[] { 1.0 }), float64 },
        { "tensor(int[])", () => tensor(new[] { 1 }), int32 },
        { "tensor(double[], float32)", () => tensor(new[] { 1.0 }, float32), float32 },
        { "arange(5)", () => arange(5), int64 },
        { "arange(5f)", () => arange(5f), float32 },
        { "arange(0, 1, 0.25)", () => arange(0, 1, 0.25), float32 },
        { "full(3)", () => full([2], 3), int64 },
        { "full(3.5)", () => full([2], 3.5), float32 },
        { "zeros", () => zeros(2), float32 },
        { "randint", () => randint(9, [3]), int64 },
        { "randperm", () => randperm(3), int64 },
        { "argmax", () => rand(3).argmax(), int64 },
        { "topk indices", () => rand(3).topk(2).indexes, int64 },
        { "sum of bool", () => tensor(new[] { true }).sum(), int64 },
        { "sum of int32", () => tensor(new[] { 1 }).sum(), int64 },
        { "long / 2", () => tensor(5L) / 2, float32 },
        { "long * 2.5", () => tensor(5L) * 2.5, float32 },
        { "bfloat16 + float32", () => zeros(2, bfloat16) + zeros(2), float32 },
        { "cat of float32 and int64", () => cat([zeros(1), zeros(1, int64)]), float32 },
        { "comparison", () => zeros(2) == 0, @bool },
    };

    [Theory]
    [MemberData(nameof(Made))]
    public void Types_follow_what_they_are_made_of(string what, Func<Tensor> make, ScalarType type) => make().dtype.Should().Be(type, what);

    [Fact]
    public void A_whole_number_is_a_scalar_of_64_bits() => ((Scalar)3).Type.Should().Be(int64);

    [Fact]
    public void Reading_demands_the_exact_type()
    {
        var one = tensor(1f);
        one.Invoking(t => t.item<double>()).Should().Throw<ArgumentException>().WithMessage("Double is not compatible with Float32");
        one.Invoking(t => t.data<long>()).Should().Throw<ArgumentException>();
        one.item<float>().Should().Be(1);
        one.ToDouble().Should().Be(1);
        zeros(1, bfloat16).ToSingle().Should().Be(0);
    }

    [Fact]
    public void One_item_wants_one_element() => zeros(2).Invoking(t => t.item<float>()).Should().Throw<ArgumentException>();

    [Fact]
    public void Values_follow_strides_and_writes_go_through()
    {
        var across = Some.Counting(2, 3).t();
        across.data<double>().ToArray().Should().Equal(0, 3, 1, 4, 2, 5);
        across.data<double>()[2, 1] = 9;
        across[2, 1].ToDouble().Should().Be(9);
        ((double[,])across.data<double>().ToNDArray())[2, 0].Should().Be(2);
        across.Invoking(t => { _ = t.bytes.Length; }).Should().Throw<InvalidOperationException>();
        across.Invoking(t => t.data<double>()[3, 0]).Should().Throw<IndexOutOfRangeException>();
    }

    [Fact]
    public void A_small_type_rounds_to_even() =>
        tensor(new[] { 1.00390625f, 1.01171875f }).to(bfloat16).Values().Should().Equal(1, 1.015625);

    [Fact]
    public void An_array_is_copied()
    {
        float[] values = [1, 2];
        var made = tensor(values);
        values[0] = 9;
        made.Values().Should().Equal(1, 2);
    }

    [Fact]
    public void An_array_can_be_shared()
    {
        float[] values = [1, 2, 3, 4];
        var (all, part) = (as_tensor(values), frombuffer(values, float32, 2, 1));
        GC.Collect();
        values[1] = 9;
        all.Values().Should().Equal(1, 9, 3, 4);
        part.Values().Should().Equal(9, 3);
        part.fill_(0);
        values.Should().Equal(1, 0, 0, 4);
        all.Dispose();
        part.add_(5);
        values.Should().Equal(1, 5, 5, 4);
        as_tensor(values, float64).fill_(0);
        values[0].Should().Be(1);   // another type is a copy.
        from_array(new[,] { { 1L, 2 }, { 3, 4 } }).t().Values().Should().Equal(1, 3, 2, 4);
        FluentActions.Invoking(() => frombuffer(values, float32, 4, 1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => from_array(new[] { "a" })).Should().Throw<ArgumentException>().WithMessage("*String*");
    }

    [Fact]
    public void Conversion_to_the_same_type_is_another_object_over_the_same_values()
    {
        var one = zeros(2);
        var same = one.to(float32);
        same.Should().NotBeSameAs(one);
        same.fill_(4);
        one.Values().Should().Equal(4, 4);
        one.add_(1).Should().BeSameAs(one);
    }

    [Theory]
    [InlineData(Style.Metadata, "[2x2], type = Int64, device = cpu")]
    [InlineData(Style.Julia, "[2x2], type = Int64, device = cpu\n 0 1\n 2 3")]
    [InlineData(Style.Numpy, "[[0 1] [2 3]]")]
    [InlineData(Style.CSharp, "{{0, 1}, {2, 3}}")]
    public void A_tensor_can_be_read_by_people(Style style, string text) => arange(4).reshape(2, 2).ToString(style).Should().Be(text);
}
