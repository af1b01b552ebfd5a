using Parquet.Schema;

namespace Parquet.Columns;

/// <summary>Sees that levels fit the column and one another before they are written.</summary>
internal static class LevelCheck
{
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check<T>(DataField field, ColumnParts<T> parts)
    {
        string name = $"The column '{field.Path}'";
        Check(name, "definition", field.MaxDefinitionLevel, parts.Definitions, parts.Count);
        Check(name, "repetition", field.MaxRepetitionLevel, parts.Repetitions, parts.Count);
        if (parts.Repetitions is { } repetitions && field.MaxRepetitionLevel > 0 && parts.Count > 0 && repetitions.Span[0] != 0)
            throw new ArgumentException($"{name} begins with the repetition level {repetitions.Span[0]}. The first level is 0: it begins a row.");
        int present = parts.Definitions is { } definitions ? definitions.Span.Count(field.MaxDefinitionLevel) : parts.Count;
        if (present != parts.Values.Length) throw new ArgumentException($"{name} has {parts.Values.Length} values, but {present} of its definition levels say that a value is there ({field.MaxDefinitionLevel}).");
    }

    private static void Check(string name, string kind, int max, ReadOnlyMemory<int>? given, int count)
    {
        if (given is not { } levels)
        {
            if (max > 0) throw new ArgumentException($"{name} needs {kind} levels from 0 to {max}.");
            return;
        }
        if (max == 0 && kind == "definition" && !levels.IsEmpty) throw new ArgumentException($"{name} is required and has no definition levels; leave them out.");
        if (levels.Length != count) throw new ArgumentException($"{name} has {levels.Length} {kind} levels for {count} values.");
        int wrong = levels.Span.IndexOfAnyExceptInRange(0, max);
        if (wrong >= 0) throw new ArgumentException($"{name} has {kind} levels from 0 to {max}, but number {wrong} is {levels.Span[wrong]}.");
    }
}
