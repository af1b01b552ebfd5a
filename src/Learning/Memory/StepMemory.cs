namespace DataflowRlhf.Learning.Memory;

/// <summary>
/// Predicts the peak of one optimizer step before anything is made: every tensor that the trainers hold at the moments that can be the highest (the last
/// layer on the way up, the logits, the way back through the last layer, the optimizer's largest weight), of which the highest counts.
/// </summary>
public static class StepMemory
{
    private const int Wide = 4;

    /// <summary><see cref="MemoryForecast.Holes"/> of MetaRM, whose two passes take turns, and of PPO, whose largest tensors come first.</summary>
    private const double MetaHoles = 1.55, PpoHoles = 1.25;

    /// <summary>Supervised fine-tuning.</summary>
    /// <param name="pass">The largest pass of a step.</param>
    public static MemoryForecast Language(ModelShape model, PassShape pass)
    {
        var (frozen, trained) = Split(model, model.DecoderValues + model.OutputValues, 0);
        var through = new PassMemory(model, pass);
        var logits = Logits(model, pass);
        var head = logits.Peak;
        return Peak(model, model.Trained(frozen, trained), through.Kept,
            through.Forward, head, logits.Held + through.SharedGradient + through.Backward);
    }

    /// <summary>Reward training.</summary>
    /// <param name="pass">The largest pass of a step.</param>
    /// <param name="languageTerm">With the language-model loss on <see cref="PassShape.Predicting"/> rows, over an output of its own.</param>
    /// <param name="views">2 where a contrastive term looks at two views of a whole step in one pass; else 1.</param>
    public static MemoryForecast Reward(ModelShape model, PassShape pass, bool languageTerm = false, int views = 1)
    {
        var output = languageTerm ? model.OutputValues : 0;
        var (frozen, trained) = Split(model, model.DecoderValues, model.Config.HiddenSize + output);
        var through = new PassMemory(model, pass);
        var features = views * pass.Sequences * model.Config.HiddenSize * (model.Size + Wide);
        var logits = languageTerm ? Logits(model, pass) : default;
        var head = languageTerm ? logits.Peak : 0;
        return Peak(model, model.Trained(frozen, trained), (views * through.Kept) + features,
            through.Forward, head, logits.Held + (languageTerm ? through.SharedGradient : 0) + through.Backward);
    }

    /// <summary>MetaRM: a climb on the shifted responses, then the pairs, each as one pass, with a copy of the weights to come back to.</summary>
    /// <param name="shifted">The prompts of a step with their responses.</param>
    /// <param name="pairs">The pairs of a step.</param>
    public static MemoryForecast Meta(ModelShape model, PassShape shifted, PassShape pairs)
    {
        var (frozen, trained) = Split(model, model.DecoderValues, model.Config.HiddenSize);
        var (climb, descent) = (new PassMemory(model, shifted), new PassMemory(model, pairs));
        var copy = trained * model.Size;
        var first = climb.Kept + Math.Max(climb.Forward, climb.Backward);
        var left = climb.Around + climb.Boundaries + copy;
        var second = left + descent.Kept + Math.Max(descent.Forward, descent.Backward);
        var kept = first > second ? climb.Kept : left + descent.Kept;
        return Peak(model, model.Trained(frozen, trained), kept, Math.Max(first, second) - kept) with { Holes = MetaHoles };
    }

    /// <summary>PPO's update: the policy's pass, then the values', in one scope; all models are there.</summary>
    /// <param name="policy">The policy's shape.</param>
    /// <param name="reward">The reward model's, which the values start from.</param>
    /// <param name="ownReference">The reference has weights of its own.</param>
    /// <param name="pass">The largest pass of an update.</param>
    /// <param name="scored">The largest pass in which the policy, the reference, the values and the reward model look at what was sampled.</param>
    /// <param name="tempered">The sampling temperature is neither 0 nor 1.</param>
    /// <param name="rollout">Sequences decoded side by side, and tokens of the longest with its prompt.</param>
    public static MemoryForecast Ppo(ModelShape policy, ModelShape reward, bool ownReference, PassShape pass, PassShape scored, bool tempered, (long Sequences, long Tokens) rollout)
    {
        var whole = policy.DecoderValues + policy.OutputValues;
        var (policyFrozen, policyTrained) = Split(policy, whole, 0);
        var (valueFrozen, valueTrained) = Split(reward, reward.DecoderValues, reward.Config.HiddenSize);
        var own = policy.Trained(policyFrozen, policyTrained) + reward.Trained(valueFrozen, valueTrained);
        // The frozen reward model beside the values, which share all but the adapters under LoRA; the reference.
        var beside = (ownReference ? whole : 0) + (reward.Lora is null ? reward.DecoderValues : 0) + reward.Config.HiddenSize;
        own = own with { Weights = own.Weights + (beside * policy.Size) };
        var (acting, judging) = (new PassMemory(policy, pass), new PassMemory(reward, pass));
        var logits = pass.Predicting * policy.Config.VocabSize;
        var held = Said(policy, pass, tempered);
        var flowing = logits * Wide * 2;
        var act = acting.Kept + Max(acting.Forward, held + flowing, held + acting.SharedGradient + acting.Backward);
        var left = acting.Around + acting.Boundaries + held;
        var judge = left + judging.Kept + Math.Max(judging.Forward, judging.Backward);
        var looked = new PassMemory(policy with { Recomputes = true }, scored);
        var look = (4 * (looked.Around + looked.Boundaries)) + (2 * Said(policy, scored, tempered)) + looked.Forward;
        var config = policy.Config;
        var cache = 2 * rollout.Sequences * rollout.Tokens * config.KvHeads * config.HeadDim * policy.Size * config.Layers;
        var draw = rollout.Sequences * config.VocabSize * ((3L * Wide) + (3 * 8));
        var kept = act > judge ? acting.Kept : left + judging.Kept;
        return Peak(policy, own, kept, Max(act, judge, look, cache + draw) - kept) with { Holes = PpoHoles };
    }

    /// <summary>What is held of each token's log-probability and entropy: logits, tempered ones, logarithms, shares and their products.</summary>
    private static long Said(ModelShape model, PassShape pass, bool tempered)
    {
        var logits = pass.Predicting * model.Config.VocabSize;
        return (logits * Wide * (tempered ? 5 : 4)) + (model.Bfloat16 ? logits * 2 : 0) + (pass.Predicting * model.Config.HiddenSize * model.Size);
    }

    private static (long Frozen, long Trained) Split(ModelShape model, long weights, long always) =>
        model.Lora is null ? (0, weights + always) : (weights, model.AdapterValues + always);

    /// <summary>The logits in float32, their logarithm and two gradients at the peak; the logits themselves stay to the pass's end.</summary>
    private static (long Held, long Peak) Logits(ModelShape model, PassShape pass)
    {
        var values = pass.Predicting * model.Config.VocabSize;
        var rows = pass.Predicting * model.Config.HiddenSize * model.Size;
        var held = rows + (values * (model.Bfloat16 ? Wide + 2 : Wide));
        return (held, held + (values * 3 * Wide));
    }

    private static MemoryForecast Peak(ModelShape model, ModelShape.TrainedBytes own, long kept, params long[] moments)
    {
        var update = model.LargestTrained * (model.Bfloat16 ? 2 * Wide : Wide);
        var highest = Max(moments);
        return update > kept + highest
            ? new(own.Weights, own.Gradients, own.Moments, own.Masters, 0, update)
            : new(own.Weights, own.Gradients, own.Moments, own.Masters, kept, highest);
    }

    private static long Max(params long[] values) => values.Max();
}
