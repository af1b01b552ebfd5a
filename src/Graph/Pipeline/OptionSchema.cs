using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using static DataflowRlhf.Graph.SchemaParts;

namespace DataflowRlhf.Graph;

/// <summary>The schema of one option of a stage: what <see cref="OptionReader"/> takes, its summary and its default.</summary>
internal static class OptionSchema
{
    /// <param name="option">The option.</param>
    /// <param name="options">The stage's Options record with its defaults.</param>
    public static JsonObject Of(StageOption option, object options)
    {
        var type = option.Property.PropertyType;
        var item = OptionReader.ElementType(type);
        var nullable = Nullable.GetUnderlyingType(type) is not null
            || (type == typeof(string) && new NullabilityInfoContext().Create(option.Property).WriteState != NullabilityState.NotNull);
        List<JsonObject> forms = [.. Forms(item ?? Nullable.GetUnderlyingType(type) ?? type, item is null ? option.Range : null)];
        if (item is not null)
            forms.Add(new JsonObject { ["type"] = "array", ["items"] = Or([.. Forms(item, null)]) });
        if (nullable)
            forms.Add(new JsonObject { ["enum"] = new JsonArray(null, "", "null", "~") });
        var schema = Said(option.Summary, Or([.. forms]));
        if (!option.Required)
            schema["default"] = OptionReader.ToJson(option.Get(options));
        return schema;
    }

    /// <summary>How one value may be written: by its type, in quotes, or with a ${…} in it.</summary>
    private static IEnumerable<JsonObject> Forms(Type type, RangeAttribute? range)
    {
        if (type.IsEnum)
            return [new JsonObject { ["enum"] = Names([.. Enum.GetNames(type).Select(OptionReader.EnumName)]) }, Reference("filled")];
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => [new JsonObject { ["enum"] = new JsonArray(true, false, "true", "false", "yes", "no", "on", "off") }, Reference("filled")],
            TypeCode.Int32 or TypeCode.Int64 or TypeCode.UInt64 => [Ranged("integer", range, type == typeof(ulong)), Reference("whole"), Reference("filled")],
            TypeCode.Single or TypeCode.Double => [Ranged("number", range, false), Reference("number"), Reference("filled")],
            _ => [Reference("text")],
        };
    }

    private static JsonObject Ranged(string type, RangeAttribute? range, bool natural)
    {
        var schema = new JsonObject { ["type"] = type };
        if (Bound(range?.Minimum) is { } least)
            schema["minimum"] = least;
        else if (natural)
            schema["minimum"] = 0;
        if (Bound(range?.Maximum) is { } most)
            schema["maximum"] = most;
        return schema;
    }

    /// <summary>A range's end as JSON has it; null where it is no bound at all.</summary>
    private static JsonNode? Bound(object? end) => end switch
    {
        null or int.MaxValue or int.MinValue or double.MaxValue or double.MinValue or double.PositiveInfinity or double.NegativeInfinity => null,
        int whole => JsonValue.Create(whole),
        double number => JsonValue.Create(number),
        _ => JsonNode.Parse(Convert.ToString(end, CultureInfo.InvariantCulture)!),
    };
}
