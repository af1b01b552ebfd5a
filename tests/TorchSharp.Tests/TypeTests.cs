using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class TypeTests
{
    public static TheoryData<string, ScalarType> Made => new()
    {
        { "tensor(1)", ScalarType.Int32 }, { "tensor(1L)", ScalarType.Int64 }, { "tensor(1.0)", ScalarType.Float64 }, { "tensor(1f)", ScalarType.Float32 },
        { "tensor(float[])", ScalarType.Float32 }, { "tensor(double[])", ScalarType.Float64 }, { "tensor(bool)", ScalarType.Bool },
        { "arange(5)", ScalarType.Int64 }, { "arange(5f)", ScalarType.Float32 }, { "arange(0,1,0.25)", ScalarType.Float32 },
        { "full(3)", ScalarType.Int64 }, { "full(3.5)", ScalarType.Float32 }, { "zeros", ScalarType.Float32 }, { "randperm", ScalarType.Int64 },
        { "argmax", ScalarType.Int64 }, { "sum(bool)", ScalarType.Int64 }, { "sum(int32)", ScalarType.Int64 }, { "long/2", ScalarType.Float32 },
        { "long*2.5", ScalarType.Float32 }, { "bf16+f32", ScalarType.Float32 }, { "cat(f32,i64)", ScalarType.Float32 },
    };

    private static Tensor Make(string what) => what switch
    {
        "tensor(1)" => tensor(1),
        "tensor(1L)" => tensor(1L),
        "tensor(1.0)" => tensor(1.0),
        "tensor(1f)" => tensor(1f),
        "tensor(float[])" => tensor(new[] { 1f }),
        "tensor(double[])" => tensor(new[] { 1.0 }),
        "tensor(bool)" => tensor(true),
        "arange(5)" => arange(5),
        "arange(5f)" => arange(5f),
        "arange(0,1,0.25)" => arange(0, 1, 0.25),
        "full(3)" => full([2], 3),
        "full(3.5)" => full([2], 3.5),
        "zeros" => zeros(2),
        "randperm" => randperm(4),
        "argmax" => arange(5f).argmax(),
        "sum(bool)" => tensor(new[] { true, true }).sum(),
        "sum(int32)" => tensor(new[] { 1, 2 }).sum(),
        "long/2" => arange(5) / 2,
        "long*2.5" => arange(5) * 2.5,
        "bf16+f32" => ones(2, dtype: ScalarType.BFloat16) + ones(2),
        "cat(f32,i64)" => cat(new[] { ones(2), arange(2) }),
        _ => throw new ArgumentException(what),
    };

    [Theory]
    [MemberData(nameof(Made))]
    public void Have_the_originals_type(string what, ScalarType type)
    {
        using var scope = NewDisposeScope();
        Make(what).dtype.Should().Be(type);
    }

    [Fact]
    public void A_value_is_taken_only_as_what_it_is()
    {
        using var scope = NewDisposeScope();
        var one = tensor(1.5f);
        one.item<float>().Should().Be(1.5f);
        one.ToDouble().Should().Be(1.5);
        FluentActions.Invoking(() => one.item<double>()).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => tensor(new[] { 1f, 2f }).item<float>()).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => one.data<long>()).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Data_follows_the_strides_and_writes_through()
    {
        using var scope = NewDisposeScope();
        var table = arange(6f).reshape(2, 3);
        table.t().data<float>().ToArray().Should().Equal(0, 3, 1, 4, 2, 5);
        table.data<float>()[4] = 40;
        table[1, 1].item<float>().Should().Be(40);
    }

    [Fact]
    public void A_small_type_rounds_to_even_like_the_hardware()
    {
        using var scope = NewDisposeScope();
        tensor(new[] { 1.00390625f, 1.01171875f }).to(ScalarType.BFloat16).to(ScalarType.Float32).data<float>().ToArray().Should().Equal(1f, 1.015625f);
    }
}
