using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>The ports that a stage has for sure.</summary>
/// <param name="Ports">A port that it only may have takes anything.</param>
/// <param name="KnowsOutput">Whether <see cref="StagePorts.Output"/> is sure as well.</param>
internal sealed record SurePorts(StagePorts Ports, bool KnowsOutput)
{
    /// <summary>What is the same whatever the open options are meant to be: each is tried with its other values. Null: the stage takes none of them.</summary>
    /// <param name="options">Those that are open are changed.</param>
    /// <param name="refusals">Takes why the stage cannot be with some values.</param>
    public static SurePorts? Of(StageKind kind, ReadOptions options, ICollection<Exception> refusals)
    {
        var defaults = Activator.CreateInstance(kind.OptionsType)!;
        var open = kind.Options.Where(o => options.Open.Contains(o.Name)).ToList();
        foreach (var option in open)
            option.Set(options.Values, option.Get(defaults));
        SurePorts? sure = null;
        void Try()
        {
            try
            {
                var ports = kind.Create(options.Values).Ports;
                sure = sure?.Or(ports) ?? new SurePorts(ports, true);
            }
            catch (Exception refused)
            {
                refusals.Add(refused);
            }
        }
        Try();
        foreach (var option in open)
        {
            foreach (var value in Values(option))
            {
                option.Set(options.Values, value);
                Try();
            }
            option.Set(options.Values, option.Get(defaults));
        }
        return sure;
    }

    /// <summary>Values of every sort that an option takes: all of an enum, the ends of a range, something and nothing.</summary>
    private static IEnumerable<object?> Values(StageOption option)
    {
        var type = option.Property.PropertyType;
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (OptionReader.ElementType(type) is { } element)
            return [Array.CreateInstance(element, 0), Array.CreateInstance(element, 1)];
        List<object?> some = bare.IsEnum ? [.. Enum.GetValues(bare)]
            : bare == typeof(bool) ? [true, false]
            : bare == typeof(string) ? ["…"]
            : [.. new[] { option.Range?.Minimum, option.Range?.Maximum }.OfType<object>().Select(end => OptionReader.Parse(Convert.ToString(end, CultureInfo.InvariantCulture)!, bare)).OfType<object>()];
        return type.IsValueType && bare == type ? some : [null, .. some];
    }

    private SurePorts Or(StagePorts other) => new(
        new StagePorts(
            [
                .. Ports.Inputs.Select(one => other.Inputs.FirstOrDefault(i => i.Name == one.Name) is { } same ? Both(one, same) : Perhaps(one)),
                .. other.Inputs.Where(i => Ports.Inputs.All(one => one.Name != i.Name)).Select(Perhaps),
            ],
            Ports.Output),
        KnowsOutput && Same(Ports.Output, other.Output));

    private static InputPort Both(InputPort one, InputPort other)
    {
        InputPort both = one switch
        {
            DatasetPort rows when other is DatasetPort others => rows with { Needs = [.. rows.Needs.Where(others.Needs.Contains)] },
            ModelPort model when other is ModelPort models => model with { Holds = model.Holds.Count == 0 || models.Holds.Count == 0 ? [] : [.. model.Holds.Union(models.Holds)] },
            AnyPort when other is AnyPort => one,
            _ => Perhaps(one),
        };
        return both with { Optional = both.Optional || other.Optional, Many = both.Many || other.Many };
    }

    private static AnyPort Perhaps(InputPort port) => new(port.Name) { Optional = true, Many = true };

    private static bool Same(Output one, Output other) => one is DatasetOutput rows && other is DatasetOutput others
        ? rows.PassesOn == others.PassesOn && rows.Adds.SequenceEqual(others.Adds) && rows.Drops.SequenceEqual(others.Drops)
        : one == other;
}
