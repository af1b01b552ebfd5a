using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class ErrorTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string, Action, string> Mistakes() => new()
    {
        { "matmul", () => zeros(2, 3).matmul(zeros(2, 3)), "*cannot be multiplied (2x3 and 2x3)*" },
        { "mm", () => zeros(2, 3).mm(zeros(4, 5)), "*cannot be multiplied*" },
        { "bmm", () => zeros(2, 3, 4).bmm(zeros(3, 4, 5)), "*batch2 tensor*" },
        { "linear", () => nn.functional.linear(zeros(2, 3), zeros(4, 5)), "*cannot be multiplied*" },
        { "add", () => zeros(2).add(zeros(3)), "*must match the size of tensor b (3)*" },
        { "einsum", () => einsum("ij,jk->ik", zeros(2, 3), zeros(2, 3)), "*einsum()*" },
        { "reshape", () => zeros(6).reshape(4, 2), "*shape '[4, 2]' is invalid for input of size 6*" },
        { "view", () => zeros(2, 3).t().view(6), "*view size is not compatible*" },
        { "permute", () => zeros(2, 3).permute(0, 0), "*dim*" },
        { "expand", () => zeros(2).expand(3, 3), "*must match the existing size*" },
        { "index", () => _ = zeros(2)[5], "*index 5 out of range*" },
        { "indices", () => _ = zeros(2, 2)[1, -3], "*out of range*" },
        { "mask", () => _ = zeros(3)[tensor(new[] { true })], "*mask*" },
        { "index_select", () => zeros(2).index_select(0, tensor(new[] { 7L })), "*out of range*" },
        { "gather", () => zeros(2, 2).gather(1, tensor(new[] { 3L }).reshape(1, 1)), "*out of bounds*" },
        { "embedding", () => nn.Embedding(4, 2).call(tensor(new[] { 9L })), "*index out of range*" },
        { "class", () => nn.functional.cross_entropy(zeros(1, 3), tensor(new[] { 5L })), "*out of bounds*" },
        { "one_hot", () => nn.functional.one_hot(tensor(new[] { 5L }), 3), "*smaller than num_classes*" },
        { "narrow", () => zeros(3).narrow(0, 2, 2), "*exceeds dimension size*" },
        { "split", () => zeros(3).split([1L, 1L]), "*split_with_sizes*" },
        { "split by nothing", () => zeros(3).split(0), "*split_size*" },
        { "chunk", () => zeros(3).chunk(0), "*chunks*" },
        { "cat", () => cat([zeros(2, 2), zeros(2, 3)]), "*Sizes of tensors must match*" },
        { "cat of nothing", () => cat(Array.Empty<Tensor>()), "*non-empty list*" },
        { "stack", () => stack([zeros(2), zeros(3)]), "*equal size*" },
        { "sum", () => zeros(2).sum(3), "*Dimension out of range*" },
        { "mean of whole numbers", () => arange(3).mean(), "*Long*" },
        { "topk", () => zeros(3).topk(4), "*out of range*" },
        { "multinomial", () => multinomial(zeros(3), 1), "*invalid multinomial distribution*" },
        { "copy_", () => zeros(2).copy_(zeros(3)), "*must match*" },
        { "cross_entropy", () => nn.functional.cross_entropy(zeros(2, 3), zeros(2, int32)), "*expected*" },
        { "layer_norm", () => nn.functional.layer_norm(zeros(2, 3), [4L]), "*normalized_shape*" },
        { "in-place on a leaf", () => zeros(2, requires_grad: true).add_(1), "*leaf Variable that requires grad*" },
        { "gradients of whole numbers", () => zeros(2, int64).requires_grad_(), "*floating point*" },
        { "backward of many", () => zeros(2, requires_grad: true).mul(2).backward(), "*scalar outputs*" },
        { "backward of no gradient", () => zeros(1).sum().backward(), "*does not require grad*" },
        { "grad of no gradient", () => autograd.grad([zeros(1).sum()], [zeros(1)]), "*does not require grad*" },
        { "negative size", () => zeros(-2L), "*negative*" },
        { "negative slice step", () => _ = zeros(4)[TensorIndex.Slice(3, 0, -1)], "*step*" },
        { "threads", () => set_num_threads(0), "*positive*" },
        { "rng state", () => set_rng_state(zeros(3, uint8)), "*state*" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_native_failure_is_one_exception_with_its_message(string what, Action mistake, string message)
    {
        var error = mistake.Should().Throw<ExternalException>(what).WithMessage(message).Which;
        error.Message.Should().NotBeNullOrWhiteSpace().And.NotContain("Exception raised from");
        error.InnerException.Should().BeNull();
        (zeros(2) + 1).Values().Should().Equal(1, 1);   // and nothing is left over for the next call.
    }

    [Fact]
    public void What_is_disposed_of_is_an_empty_handle()
    {
        var gone = zeros(2);
        gone.Dispose();
        gone.Dispose();
        gone.IsInvalid.Should().BeTrue();
        gone.Invoking(t => t.shape).Should().Throw<InvalidOperationException>().WithMessage("Tensor invalid -- empty handle.");
        gone.Invoking(t => t + 1).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_device_that_is_not_here_is_refused_before_it_is_used()
    {
        if (cuda.is_available())
            device("cuda:0").type.Should().Be(DeviceType.CUDA);
        else
            FluentActions.Invoking(() => zeros(2, device: device("cuda:0"))).Should().Throw<InvalidOperationException>();
        FluentActions.Invoking(() => device("gpu")).Should().Throw<ArgumentException>().WithMessage("'gpu'*");
    }

    [Fact]
    public void Messages_belong_to_the_thread_that_failed()
    {
        var texts = new string[8][];
        var threads = Enumerable.Range(1, 8).Select(i => new Thread(() =>
        {
            using var scope = NewDisposeScope();
            texts[i - 1] = [.. Enumerable.Range(0, 50).Select(_ => Assert.Throws<ExternalException>(() => zeros(i).reshape(i + 1L)).Message).Distinct()];
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        for (var i = 1; i <= 8; i++)
            texts[i - 1].Should().ContainSingle().Which.Should().Contain($"shape '[{i + 1}]' is invalid for input of size {i}");
    }
}
