using System.Globalization;

namespace DataflowRlhf.Stages;

/// <summary>The rules of METHOD's section 3 as relabel's options have them: thresholds on the strength μ̂, or on its rank.</summary>
internal sealed class Relabeling
{
    private const float DefaultAlpha = 0.2f;
    private readonly Relabel.Options options;
    private readonly bool flips, softens, margins;

    /// <exception cref="Graph.OptionException">Two options contradict each other.</exception>
    public Relabeling(Relabel.Options options)
    {
        this.options = options;
        flips = options.Recipe is Recipe.Flip or Recipe.FlipPlusMargin;
        softens = options.Recipe is Recipe.SoftLabelPlusMargin;
        margins = options.Recipe is Recipe.Margin or Recipe.FlipPlusMargin or Recipe.SoftLabelPlusMargin;
        Only(flips, "flip-below", options.FlipBelow != 0, "flips nothing", "flip+margin");
        Only(flips, "flip-quantile", options.FlipQuantile is not null, "flips nothing", "flip+margin");
        Only(softens, "soften-below", options.SoftenBelow != 0, "softens nothing", "soft-label+margin");
        Only(softens, "soften-quantile", options.SoftenQuantile is not null, "softens nothing", "soft-label+margin");
        Only(softens, "alpha", options.Alpha is not null, "softens nothing", "soft-label+margin");
        Only(margins, "margin-scale", options.MarginScale != 1, "gives no margin", "flip+margin");
        Only(margins, "margin-cap", options.MarginCap is not null, "gives no margin", "flip+margin");
        OneOf("flip-below", options.FlipBelow, "flip-quantile", options.FlipQuantile);
        OneOf("soften-below", options.SoftenBelow, "soften-quantile", options.SoftenQuantile);
        if (options.FilterBelowQuantile >= (options.FilterAboveQuantile ?? 1))
            throw new Graph.OptionException("filter-below-quantile", string.Create(CultureInfo.InvariantCulture,
                $"{options.FilterBelowQuantile} and filter-above-quantile {options.FilterAboveQuantile ?? 1} leave no row; rows from the first up to the second are kept"), "filter-below-quantile: 0.2");
        if (options.FilterAboveQuantile == 0)
            throw new Graph.OptionException("filter-above-quantile", "0 leaves no row", "filter-above-quantile: 0.8");
    }

    /// <summary>Whether a rule looks at <c>strength_quantile</c>.</summary>
    public bool NeedsRanks => (options.FlipQuantile ?? options.SoftenQuantile ?? options.FilterBelowQuantile ?? options.FilterAboveQuantile) is not null;

    /// <summary>The ruling on a training row.</summary>
    /// <param name="mean">μ̂.</param>
    /// <param name="quantile">Share of rows with a smaller mean.</param>
    public Ruling Of(float mean, float quantile)
    {
        if (quantile < options.FilterBelowQuantile || quantile >= (options.FilterAboveQuantile ?? float.PositiveInfinity))
            return new Ruling(true, true, false, 0, 0, "dropped");
        var flip = flips && Weak(mean, quantile, options.FlipBelow, options.FlipQuantile);
        var soft = softens && Weak(mean, quantile, options.SoftenBelow, options.SoftenQuantile);
        var why = flip ? "flipped: " + Why(mean, quantile, options.FlipBelow, options.FlipQuantile)
            : soft ? "softened: " + Why(mean, quantile, options.SoftenBelow, options.SoftenQuantile)
            : options.Recipe == Recipe.Baseline ? "kept: recipe baseline"
            : flips || softens ? "kept: " + Why(mean, quantile, flips ? options.FlipBelow : options.SoftenBelow, flips ? options.FlipQuantile : options.SoftenQuantile)
            : "kept: recipe margin";
        return new Ruling(true, false, flip, margins ? Margin(mean, flip) : 0, soft ? options.Alpha ?? DefaultAlpha : 0, why);
    }

    /// <summary>Scale · μ̂ after any flip, capped; of a flipped pair at least 0, for a rank may flip one that the voters do believe.</summary>
    private float Margin(float mean, bool flip)
    {
        var cap = options.MarginCap ?? float.MaxValue;
        return Math.Clamp(options.MarginScale * (flip ? -mean : mean), flip ? 0 : -cap, cap);
    }

    private static bool Weak(float mean, float quantile, float below, float? share) => share is { } lowest ? quantile < lowest : mean < below;

    private static string Why(float mean, float quantile, float below, float? share)
    {
        var (name, value, bound) = share is { } lowest ? ("strength_quantile", quantile, lowest) : ("strength_mean", mean, below);
        return string.Create(CultureInfo.InvariantCulture, $"{name} {value:0.####} {(value < bound ? "<" : ">=")} {bound:0.####}");
    }

    private void Only(bool possible, string option, bool given, string lack, string recipe)
    {
        if (given && !possible)
            throw new Graph.OptionException(option, $"recipe {RecipeName(options.Recipe)} {lack}", $"recipe: {recipe}");
    }

    private static void OneOf(string threshold, float below, string rank, float? share)
    {
        if (share is not null && below != 0)
            throw new Graph.OptionException(rank, $"{threshold} is given too; rows are chosen by strength or by rank, not by both", $"{rank}: {share.Value.ToString(CultureInfo.InvariantCulture)}");
    }

    private static string RecipeName(Recipe recipe) => recipe switch
    {
        Recipe.FlipPlusMargin => "flip+margin",
        Recipe.SoftLabelPlusMargin => "soft-label+margin",
        _ => Graph.Kebab.Of(recipe.ToString()),
    };
}
