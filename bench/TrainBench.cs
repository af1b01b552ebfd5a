using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Bench;

internal static class TrainBench
{
    public static IEnumerable<Figure> Run(string file)
    {
        var tokenizer = Texts.Tokenizer(file, 8192);
        var pairs = Texts.Pairs(file, tokenizer, 1000, 512);
        yield return Rate("reward model, hidden 256, 4 layers", Models.Small(tokenizer.VocabSize), pairs);
        yield return Rate("reward model, hidden 96, 2 layers", Models.Quickstart(tokenizer.VocabSize), pairs);
    }

    private static Figure Rate(string name, DecoderConfig config, List<PreferencePair> pairs)
    {
        using var model = ModelFolder.CreateReward(config, 1, torch.CPU);
        return Figure.Rate($"{name}: one epoch of {pairs.Count} pairs, batches of 16", "pairs/s", pairs.Count, () =>
        {
            var trainer = new RewardTrainer(model, null, [.. pairs.Select(p => (IReadOnlyList<PreferencePair>)[p])], new RewardSettings(), torch.CPU);
            new TrainingLoop(trainer, new TrainingSettings { BatchSize = 16, TokensPerPass = 4096, RateAt = (_, _) => 1e-5 }).Run();
        }, runs: 3);
    }
}
