using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.World;

/// <summary>Invents labelled pairs, each with a prompt of its own.</summary>
internal sealed class PairWriter(SeededRandom random, double sharpness)
{
    /// <summary>Gold rewards closer than this are a near tie.</summary>
    public const double Near = 0.25;

    /// <summary>Gold rewards of other pairs are at least so far apart.</summary>
    public const double Apart = 0.5;

    private readonly HashSet<string> prompts = new(StringComparer.Ordinal);

    /// <summary>A pair whose label is drawn from Bradley–Terry on the gold reward: P(first is chosen) = σ(sharpness · (gold(first) − gold(second))).</summary>
    public WorldPair Write(bool ood, bool nearTie)
    {
        var (prompt, request, ownNumber, ownItem) = PromptWriter.Write(random, ood);
        while (!prompts.Add(prompt))
            (prompt, request, ownNumber, ownItem) = PromptWriter.Write(random, ood);
        while (true)
        {
            var first = ResponseWriter.Write(random, request, ownNumber, ownItem);
            var second = ResponseWriter.Write(random, request, ownNumber, ownItem);
            var pair = new WorldPair(prompt, first, second, PreferenceWorld.Gold(prompt, first), PreferenceWorld.Gold(prompt, second));
            var distance = Math.Abs(pair.Margin);
            if (first == second || (nearTie ? distance > Near : distance < Apart))
                continue;
            return random.NextDouble() < 1 / (1 + Math.Exp(-sharpness * pair.Margin)) ? pair : pair.Swapped();
        }
    }
}
