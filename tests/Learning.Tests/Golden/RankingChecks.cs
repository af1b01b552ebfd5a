using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.Strength;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>Losses over several responses of a prompt, and the ensemble's belief.</summary>
internal static class RankingChecks
{
    public static Dictionary<string, Action<GoldenCase>> All { get; } = new()
    {
        ["comparisons_per_prompt"] = Comparisons,
        ["plackett_luce"] = PlackettLuce,
        ["ensemble_strength"] = Strength,
    };

    private static void Comparisons(GoldenCase c)
    {
        // Prompts differ in their number of responses.
        var prompts = Enumerable.Range(0, c.At("scores").GetArrayLength()).Select(p => c.Leaf($"scores/{p}")).ToList();
        var each = cat([.. prompts.Select(scores => Ranking.ComparisonsPerPrompt(scores.unsqueeze(0)))], 0);
        c.Hold("per_prompt", each);
        c.Hold("loss", each.mean());
        each.mean().backward();
        for (var p = 0; p < prompts.Count; p++)
            c.Hold($"d_scores/{p}", prompts[p].grad!);
    }

    private static void PlackettLuce(GoldenCase c)
    {
        var scores = c.Leaf("scores");
        var each = c.Has("lengths")
            ? cat([.. c.Numbers("lengths").Select((n, row) => Ranking.PlackettLuce(scores.narrow(0, row, 1).narrow(1, 0, (long)n)))], 0)
            : Ranking.PlackettLuce(scores.gather(1, c.Ids("ranking")));
        c.Hold("per_example", each);
        c.Hold("loss", each.mean());
        each.mean().backward();
        c.HoldGradients(("scores", scores));
    }

    private static void Strength(GoldenCase c)
    {
        var (models, pairs) = (c.Whole("models"), (int)c.Of("chosen").size(1));
        var (chosen, rejected) = (c.Floats("chosen"), c.Floats("rejected"));
        float[] Column(float[] all, int pair) => [.. Enumerable.Range(0, models).Select(m => all[(m * pairs) + pair])];
        var beliefs = Enumerable.Range(0, pairs).Select(i => EnsembleStrength.Of(Column(chosen, i), Column(rejected, i))).ToList();
        c.Hold("strength_mean", beliefs.Select(b => (double)b.Mean), GoldenCase.Single);
        c.Hold("strength_std", beliefs.Select(b => (double)b.Std), GoldenCase.Single);
        c.Hold("agreement", beliefs.Select(b => (double)b.Agreement), GoldenCase.Single);
        c.Hold("share_negative", beliefs.Average(b => b.Mean < 0 ? 1.0 : 0), GoldenCase.Single);
        c.Hold("soft_label", tensor(beliefs.Select(b => b.Mean).ToArray()).sigmoid(), GoldenCase.Single);
        var quantiles = EnsembleStrength.Quantiles([.. beliefs.Select(b => b.Mean)]);
        c.Hold("order_ascending", Enumerable.Range(0, pairs).OrderBy(i => quantiles[i]).Select(i => (double)i));
    }
}
