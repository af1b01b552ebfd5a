using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using TorchSharp;

namespace DataflowRlhf.Bench;

internal static class GenerateBench
{
    public static IEnumerable<Figure> Run(string file)
    {
        var tokenizer = Texts.Tokenizer(file, 8192);
        var prompts = Texts.Pairs(file, tokenizer, 64, 448).Select(p => p.Prompt).ToList();
        foreach (var (name, config) in new[] { ("hidden 256, 4 layers", Models.Small(tokenizer.VocabSize)), ("hidden 96, 2 layers", Models.Quickstart(tokenizer.VocabSize)) })
        {
            using var model = ModelFolder.CreateCausalLm(config, 1, torch.CPU);
            model.eval();
            var options = new SamplingOptions { MaxNewTokens = 64, Temperature = 0.8, TopP = 0.9 };
            yield return Figure.Rate($"sampling, {name}: {prompts.Count} prompts x 4 x 64", "tokens/s", prompts.Count * 4 * 64, () => Sampler.Sample(model, prompts, 4, options, 1, torch.CPU), runs: 3);
        }
    }
}
