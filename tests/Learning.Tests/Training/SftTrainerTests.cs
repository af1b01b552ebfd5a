using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Training;

public class SftTrainerTests
{
    private static List<SftExample> Rows(int count, ulong seed = 5) =>
        Tiny.Pairs(count, seed).Select(p => new SftExample(p.Prompt, [Tiny.Good, 9, Tiny.Good, Tiny.Eos])).ToList();

    [Fact]
    public void Learns_to_answer_as_shown()
    {
        using var model = Tiny.Language();
        var trainer = new SftTrainer(model, Rows(128), everything: false, torch.CPU);
        var curves = new TrainingLoop(trainer, Tiny.Settings() with { Epochs = 8 }).Run();
        curves["loss"][0].Value.Should().BeInRange(2, 5, "an untaught model guesses among 24 tokens");
        var (loss, accuracy) = trainer.Measure(Rows(32, seed: 900), 1000);
        loss.Should().BeLessThan(0.5);
        accuracy.Should().BeGreaterThan(0.9);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Many_small_passes_are_one_big_batch(bool everything)
    {
        using var model = Tiny.Language();
        var rows = Tiny.Pairs(10).Select(p => new SftExample(p.Prompt, p.Chosen)).ToList();
        var trainer = new SftTrainer(model, rows, everything, torch.CPU);
        var big = Tiny.Gradients(trainer);
        var small = Tiny.Gradients(trainer, tokensPerPass: 15);
        small.Loss.Should().BeApproximately(big.Loss, 1e-5);
        Tiny.Distance(small.Gradients, big.Gradients).Should().BeLessThan(1e-4);
    }

    [Fact]
    public void Learns_the_prompt_only_when_told()
    {
        using var model = Tiny.Language();
        var responses = Tiny.Gradients(new SftTrainer(model, Rows(8), everything: false, torch.CPU));
        var everything = Tiny.Gradients(new SftTrainer(model, Rows(8), everything: true, torch.CPU));
        Tiny.Distance(responses.Gradients, everything.Gradients).Should().BeGreaterThan(0.01);
    }
}
