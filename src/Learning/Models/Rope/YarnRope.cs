using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Rope;

/// <summary>
/// YaRN (Peng et al. 2023): a turn made more than <see cref="BetaFast"/> times within the original positions is left, one made less than
/// <see cref="BetaSlow"/> times is slowed by the factor, those between are blended along a ramp; attention is sharpened by <see cref="AttentionFactor"/>.
/// </summary>
/// <param name="Factor">From 1.</param>
public sealed record YarnRope(double Factor) : RopeScaling
{
    /// <summary>Positions that the model was first trained on; null: the config's <c>max_position_embeddings</c>.</summary>
    public int? OriginalPositions { get; init; }
    public double BetaFast { get; init; } = 32;
    public double BetaSlow { get; init; } = 1;

    /// <summary>Whether the ramp's ends are rounded outwards to whole pairs. Default: true.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>The attention factor as the config gives it; null: from <see cref="Scale"/> and <see cref="ScaleAll"/>, or 0.1 ln factor + 1.</summary>
    public double? Given { get; init; }

    /// <summary>DeepSeek's <c>mscale</c>, counts with <see cref="ScaleAll"/> only.</summary>
    public double? Scale { get; init; }

    /// <summary>DeepSeek's <c>mscale_all_dim</c>.</summary>
    public double? ScaleAll { get; init; }

    public override double AttentionFactor => Given ?? (Scale > 0 && ScaleAll > 0 ? Sharpening(Scale.Value) / Sharpening(ScaleAll.Value) : Sharpening(1));

    private double Sharpening(double scale) => Factor <= 1 ? 1 : (0.1 * scale * Math.Log(Factor)) + 1;

    public override double Longest(int positions) => Math.Max(positions, (OriginalPositions ?? positions) * Factor);

    public override double[] Frequencies(double theta, int size, int positions, int length)
    {
        // The pair i whose turn is made so many times within the original positions p: θ^(−2i/d) p = 2π times.
        double Pair(double times) => size * Math.Log((OriginalPositions ?? positions) / (times * 2 * Math.PI)) / (2 * Math.Log(theta));
        var (from, to) = (Pair(BetaFast), Pair(BetaSlow));
        if (Truncate)
            (from, to) = (Math.Floor(from), Math.Ceiling(to));
        (from, to) = (Math.Max(from, 0), Math.Min(to, size - 1));
        var width = from == to ? 0.001 : to - from;
        return [.. Plain(theta, size).Select((f, i) =>
        {
            var slow = Math.Clamp((i - from) / width, 0, 1);
            return (slow * f / Factor) + ((1 - slow) * f);
        })];
    }

    internal static YarnRope From(ConfigFields fields)
    {
        var yarn = new YarnRope(fields.AtLeast("factor", 1))
        {
            OriginalPositions = fields.May("original_max_position_embeddings", ConfigFields.MostPositions),
            BetaFast = fields.Above0("beta_fast", 32),
            BetaSlow = fields.Above0("beta_slow", 1),
            Truncate = fields.Flag("truncate", true),
            Given = fields.Has("attention_factor") ? fields.Above0("attention_factor") : null,
            Scale = fields.Has("mscale") ? fields.AtLeast("mscale", 0) : null,
            ScaleAll = fields.Has("mscale_all_dim") ? fields.AtLeast("mscale_all_dim", 0) : null,
        };
        return yarn.BetaFast >= yarn.BetaSlow ? yarn
            : throw fields.Wrong($"rope scaling yarn needs a beta_fast from its beta_slow on; they are {yarn.BetaFast} and {yarn.BetaSlow}");
    }

    internal override JsonObject ToJson()
    {
        var json = new JsonObject { ["rope_type"] = "yarn", ["factor"] = Factor, ["beta_fast"] = BetaFast, ["beta_slow"] = BetaSlow, ["truncate"] = Truncate };
        void Put(string name, JsonNode? value)
        {
            if (value is not null)
                json[name] = value;
        }
        Put("original_max_position_embeddings", OriginalPositions);
        Put("attention_factor", Given);
        Put("mscale", Scale);
        Put("mscale_all_dim", ScaleAll);
        return json;
    }
}
