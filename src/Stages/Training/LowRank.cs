using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;
using TorchSharp;

namespace DataflowRlhf.Stages.Training;

/// <summary>Low-rank adapters around a training: the options' summaries, the adapters before it, and what is left after it.</summary>
internal static class LowRank
{
    public const string AboutRank = "Train low-rank adapters (LoRA) of this rank beside the frozen weights; the result has them merged, and they lie in its folder 'adapter' as PEFT reads them. 0: train all weights. Default: 0.";
    public const string AboutAlpha = "The adapters' part is scaled by this over their rank. Default: twice the rank.";
    public const string AboutTargets = "The weights that get adapters, by the last part of their names, such as [q_proj, v_proj]. Default: query and value.";
    public const string AboutRecompute = "Keep only each layer's input while training and compute the rest again on the way back: less memory, a third more work, the same result to rounding. Default: false.";
    private const string Folder = "adapter";

    public static LoraSettings? Settings(int rank, double? alpha, IReadOnlyList<string> targets) =>
        rank == 0 ? null : new() { Rank = rank, Alpha = alpha ?? 2 * rank, Targets = targets };

    /// <summary>The options that lower a training's memory, with values to try.</summary>
    /// <param name="rank">Null: adapters are not possible.</param>
    public static IReadOnlyList<string> Lower(int tokensPerPass, bool recompute, int? rank, Precision precision) =>
    [
        .. tokensPerPass > 512 ? [$"tokens-per-pass: {tokensPerPass / 2}"] : Array.Empty<string>(),
        .. recompute ? [] : new[] { "recompute: true" },
        .. rank == 0 ? ["lora-rank: 8"] : Array.Empty<string>(),
        .. precision == Precision.Float32 ? ["precision: bfloat16"] : Array.Empty<string>(),
    ];

    /// <exception cref="StageException">A target is no weight of the model.</exception>
    public static void Adapt(IStageRun run, LoraSettings? settings, Func<LoraSettings, long, LoraAdapters> adapt)
    {
        if (settings is null)
            return;
        try
        {
            adapt(settings, (long)(SeededRandom.Mix(run.Seed, "adapters") >> 1));
        }
        catch (ModelFolderException unfit)
        {
            throw new StageException($"lora-targets: {unfit.Message}", unfit);
        }
    }

    /// <summary>Keeps the adapters beside the result, and makes them part of it.</summary>
    /// <param name="start">What the model is called that they belong to; null: it came from another stage.</param>
    public static void Leave(IStageRun run, torch.nn.Module model, string? start)
    {
        var decoder = model is CausalLm language ? language.Decoder : ((RewardModel)model).Decoder;
        if (decoder.Adapters is null)
            return;
        LoraFolder.Save(model, Path.Combine(run.OutputFolder, Folder), start);
        if (model is CausalLm whole)
            whole.Absorb();
        else
            decoder.Absorb();
    }
}
