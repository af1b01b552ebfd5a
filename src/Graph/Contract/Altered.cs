using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>The example's options with those for speed alone set otherwise.</summary>
internal static class Altered
{
    /// <summary>One option set otherwise; null where there is no other value that the stage takes.</summary>
    public static object? One(GraphNode node, StageOption option)
    {
        var now = option.Get(node.Options);
        foreach (var value in Others(option, now))
        {
            var options = Copy(node, node.Options);
            option.Set(options, value);
            if (!Equals(value, now) && Takes(node.Kind, options))
                return options;
        }
        return null;
    }

    /// <summary>All of them set otherwise at once; null where the stage does not take that.</summary>
    public static object? All(GraphNode node)
    {
        var options = Copy(node, node.Options);
        foreach (var option in node.Kind.Options.Where(o => o.PerformanceOnly))
            if (One(node, option) is { } one)
                option.Set(options, option.Get(one));
        return Takes(node.Kind, options) ? options : null;
    }

    public static object? Value(GraphNode node, string option, object options) => node.Kind.Options.First(o => o.Name == option).Get(options);

    private static object Copy(GraphNode node, object options)
    {
        var copy = Activator.CreateInstance(node.Kind.OptionsType)!;
        foreach (var option in node.Kind.Options)
            option.Set(copy, option.Get(options));
        return copy;
    }

    private static bool Takes(StageKind kind, object options)
    {
        try
        {
            _ = kind.Create(options).Ports;
            return true;
        }
        catch (Exception wrong) when (wrong is OptionException or StageException)
        {
            return false;
        }
    }

    private static IEnumerable<object> Others(StageOption option, object? now)
    {
        var type = Nullable.GetUnderlyingType(option.Property.PropertyType) ?? option.Property.PropertyType;
        if (type == typeof(bool))
            return [now is not true];
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>();
        if (Type.GetTypeCode(type) is not (TypeCode.Int32 or TypeCode.Int64 or TypeCode.UInt64 or TypeCode.Single or TypeCode.Double))
            return [];
        var number = Convert.ToDouble(now ?? 0, CultureInfo.InvariantCulture);
        return new[] { 1, 3, number / 2, (2 * number) + 1, number + 1 }.Select(n => Convert.ChangeType(n, type, CultureInfo.InvariantCulture))
            .Where(v => option.Range?.IsValid(Convert.ChangeType(v, option.Range.OperandType, CultureInfo.InvariantCulture)) != false);
    }
}
