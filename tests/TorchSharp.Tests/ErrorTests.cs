using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class ErrorTests
{
    public static TheoryData<string, string> Mistakes => new()
    {
        { "matmul", "mat1 and mat2 shapes cannot be multiplied" }, { "mm", "mat1 and mat2 shapes cannot be multiplied" }, { "add", "must match the size" },
        { "reshape", "is invalid for input of size" }, { "select", "out of range" }, { "index", "out of bounds" }, { "gather", "same number of dimensions" },
        { "cat", "Sizes of tensors must match" }, { "embedding", "index out of range" }, { "cross_entropy", "out of bounds" }, { "linear", "cannot be multiplied" },
        { "mean(long)", "mean" }, { "multinomial", "invalid multinomial distribution" }, { "backward", "grad" }, { "view", "view size is not compatible" }, { "in place on a leaf", "leaf Variable" },
    };

    private static void Make(string what)
    {
        using var scope = NewDisposeScope();
        _ = what switch
        {
            "matmul" => ones(2, 3).matmul(ones(2, 3)),
            "mm" => ones(2, 3).mm(ones(2, 3)),
            "add" => ones(2) + ones(3),
            "reshape" => ones(6).reshape(4, 2),
            "select" => ones(2, 2).select(5, 0),
            "index" => ones(3)[tensor(new[] { 7L })],
            "gather" => ones(2, 2).gather(1, tensor(new[] { 0L })),
            "cat" => cat(new[] { ones(2, 2), ones(3, 3) }),
            "embedding" => nn.Embedding(4, 2).call(tensor(new[] { 9L })),
            "cross_entropy" => nn.functional.cross_entropy(ones(1, 3), tensor(new[] { 5L })),
            "linear" => nn.Linear(3, 2).call(ones(1, 4)),
            "mean(long)" => arange(4).mean(),
            "multinomial" => zeros(3).multinomial(1),
            "backward" => Backward(ones(1)),
            "view" => arange(6f).reshape(2, 3).t().view(6),
            "in place on a leaf" => ones(2, requires_grad: true).add_(1),
            _ => throw new ArgumentException(what),
        };
    }

    private static Tensor Backward(Tensor tensor)
    {
        tensor.backward();
        return tensor;
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_native_mistake_is_an_exception_with_the_native_message(string what, string message) =>
        FluentActions.Invoking(() => Make(what)).Should().Throw<ExternalException>().WithMessage($"*{message}*");

    [Fact]
    public void After_a_mistake_everything_goes_on()
    {
        for (var i = 0; i < 100; i++)
            FluentActions.Invoking(() => Make("matmul")).Should().Throw<ExternalException>();
        ones(2, 3).matmul(ones(3, 2)).sum().ToDouble().Should().Be(12);
    }

    [Fact]
    public void What_is_disposed_says_so()
    {
        var gone = ones(2);
        gone.Dispose();
        gone.Dispose();
        FluentActions.Invoking(() => gone.sum()).Should().Throw<InvalidOperationException>().WithMessage("Tensor invalid -- empty handle.");
    }

    [Fact]
    public void A_device_that_is_not_there_says_so()
    {
        if (cuda.is_available())
            return;
        cuda.device_count().Should().Be(0);
        FluentActions.Invoking(() => zeros(2, device: device("cuda:0"))).Should().Throw<Exception>();
    }
}
