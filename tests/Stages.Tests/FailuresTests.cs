using System.Runtime.InteropServices;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Tests;

public sealed class FailuresTests
{
    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB\nException raised from malloc")]
    [InlineData("[enforce fail at alloc_cpu.cpp:75] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes.")]
    public void Memory_that_is_short_is_told_with_what_takes_less(string words)
    {
        var train = () => Trained.Guarded(() => throw new ExternalException(words), new TrainReward.Options().Lower());
        train.Should().Throw<StageException>().WithMessage($"There is not enough memory ({words.Split('\n')[0]}). The checkpoints are kept. These take less:  write: tokens-per-pass: 2048 | recompute: true | lora-rank: 8 | precision: bfloat16");
    }

    [Fact]
    public void What_is_no_lack_of_memory_passes() =>
        FluentActions.Invoking(() => Trained.Guarded(() => throw new ExternalException("index out of range"), [])).Should().Throw<ExternalException>();
}
