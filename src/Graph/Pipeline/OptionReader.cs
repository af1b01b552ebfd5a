using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>Turns YAML's texts into a stage's options, and options into canonical JSON.</summary>
internal static class OptionReader
{
    private const int MostSaid = 10;

    /// <summary>Sets an option from YAML. Returns null, or what is wrong: what was given and what is possible.</summary>
    public static string? Set(object options, StageOption option, YamlItem given)
    {
        var type = option.Property.PropertyType;
        var element = ElementType(type);
        if (element is not null)
        {
            var items = given is YamlList list ? list.Items : [given];
            var values = Array.CreateInstance(element, items.Count);
            var wrong = new List<string>();
            for (var i = 0; i < items.Count; i++)
                if (items[i] is YamlText text && Parse(text.Value, element) is { } value)
                    values.SetValue(value, i);
                else
                    wrong.Add(items[i].Said);
            if (wrong.Count > 0)
                return $"takes a list of {Describe(element)}, not {string.Join(", ", wrong.Take(MostSaid))}{(wrong.Count > MostSaid ? ", …" : "")}";
            option.Set(options, values);
            return null;
        }
        if (given is not YamlText scalar)
            return $"takes {Describe(type)}, not {given.Said}";
        var bare = Nullable.GetUnderlyingType(type);
        if (scalar.Value is "" or "null" or "~" && (bare is not null || type == typeof(string)))
        {
            if (bare is null && new NullabilityInfoContext().Create(option.Property).WriteState == NullabilityState.NotNull)
                return "is empty; it takes text";
            option.Set(options, null);
            return null;
        }
        var parsed = Parse(scalar.Value, bare ?? type);
        if (parsed is null)
            return $"'{scalar.Value}' is not {Describe(bare ?? type)}";
        if (option.Range is { } range && !range.IsValid(Convert.ChangeType(parsed, range.OperandType, CultureInfo.InvariantCulture)))
            return string.Create(CultureInfo.InvariantCulture, $"{scalar.Value} is out of range; {range.Minimum} to {range.Maximum} is possible");
        option.Set(options, parsed);
        return null;
    }

    /// <summary>The end of a range that a number lies beyond; null where it does not, or where that end is not in the range itself.</summary>
    public static string? EndOf(RangeAttribute? range, string text)
    {
        if (range is null || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return null;
        double End(object end) => Convert.ToDouble(end, CultureInfo.InvariantCulture);
        var end = number < End(range.Minimum) && !range.MinimumIsExclusive ? range.Minimum : number > End(range.Maximum) && !range.MaximumIsExclusive ? range.Maximum : null;
        return Convert.ToString(end, CultureInfo.InvariantCulture) is { Length: > 0 } written ? written : null;
    }

    /// <summary>The type in words, with an enum's values.</summary>
    public static string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
            return "one of " + string.Join(", ", Enum.GetNames(type).Select(EnumName));
        if (ElementType(type) is { } element)
            return $"list of {Describe(element)}";
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => "true or false",
            TypeCode.Int32 or TypeCode.Int64 or TypeCode.UInt64 => "a whole number",
            TypeCode.Single or TypeCode.Double => "a number",
            _ => "text",
        };
    }

    /// <summary>Whether YAML can say a value of this type.</summary>
    internal static bool CanRead(Type type)
    {
        type = ElementType(type) ?? type;
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum || Type.GetTypeCode(type) is TypeCode.String or TypeCode.Boolean or TypeCode.Int32 or TypeCode.Int64 or TypeCode.UInt64 or TypeCode.Single or TypeCode.Double;
    }

    /// <summary>An option's value as JSON, enums by their YAML names.</summary>
    public static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        Enum name => JsonValue.Create(EnumName(name.ToString())),
        float number => JsonValue.Create(number),
        IEnumerable items => new JsonArray([.. items.Cast<object?>().Select(ToJson)]),
        bool flag => JsonValue.Create(flag),
        _ => JsonNode.Parse(Convert.ToString(value, CultureInfo.InvariantCulture)!),
    };

    /// <summary><c>FlipPlusMargin</c> is <c>flip+margin</c>, all else kebab-case.</summary>
    internal static string EnumName(string member) => Kebab.Of(member).Replace("-plus-", "+", StringComparison.Ordinal);

    internal static Type? ElementType(Type type) => type == typeof(string) ? null
        : type.IsArray ? type.GetElementType()
        : type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[0] : null;

    /// <summary>A value of this type, or null where the text says none.</summary>
    internal static object? Parse(string text, Type type)
    {
        var culture = CultureInfo.InvariantCulture;
        if (type.IsEnum)
            return Enum.GetNames(type).FirstOrDefault(n => EnumName(n) == text) is { } name ? Enum.Parse(type, name) : null;
        return Type.GetTypeCode(type) switch
        {
            TypeCode.String => text,
            TypeCode.Boolean => text is "true" or "yes" or "on" ? true : text is "false" or "no" or "off" ? false : null,
            TypeCode.Int32 => int.TryParse(text.Replace("_", ""), NumberStyles.AllowLeadingSign, culture, out var v) ? v : null,
            TypeCode.Int64 => long.TryParse(text.Replace("_", ""), NumberStyles.AllowLeadingSign, culture, out var v) ? v : null,
            TypeCode.UInt64 => ulong.TryParse(text, NumberStyles.None, culture, out var v) ? v : null,
            TypeCode.Single => float.TryParse(text, NumberStyles.Float, culture, out var v) && float.IsFinite(v) ? v : null,
            TypeCode.Double => double.TryParse(text, NumberStyles.Float, culture, out var v) && double.IsFinite(v) ? v : null,
            _ => null,
        };
    }
}
