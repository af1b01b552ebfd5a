namespace Parquet.Schema;

/// <summary>A CLR type taken apart: what a value is, whether it may be null, whether there are several.</summary>
internal sealed record ClrShape(Type ValueType, bool IsNullable, bool IsArray)
{
    public static ClrShape Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return new ClrShape(inner, true, false);
        if (type == typeof(string)) return new ClrShape(typeof(ReadOnlyMemory<char>), true, false);
        if (type == typeof(byte[])) return new ClrShape(typeof(ReadOnlyMemory<byte>), true, false);
        if (type == typeof(ReadOnlyMemory<char>) || type == typeof(ReadOnlyMemory<byte>)) return new ClrShape(type, true, false);
        if (Element(type) is { } element) return Of(element) with { IsArray = true };
        return new ClrShape(type, false, false);
    }

    private static Type? Element(Type type)
    {
        if (type.IsArray) return type.GetElementType();
        return type.GetInterfaces().Append(type)
            .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
    }
}
