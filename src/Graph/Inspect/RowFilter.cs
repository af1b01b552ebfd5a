using System.Globalization;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>Keeps the rows of which something holds: <c>split=train</c>, <c>margin&lt;0</c>, <c>prompt~weather</c> (holds that text), <c>split!=ood</c>.</summary>
public sealed partial class RowFilter
{
    private readonly string column, sign, value;
    private readonly double? number;

    private RowFilter(string column, string sign, string value)
    {
        this.column = column;
        this.sign = sign;
        this.value = value;
        number = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
    }

    /// <exception cref="StageException">It is not such a text.</exception>
    public static RowFilter Parse(string text)
    {
        var match = Parts().Match(text);
        if (!match.Success)
            throw new StageException($"'{text}' is no condition; column=value is one, with =, !=, <, <=, >, >= or ~ (holds the text).  write: split=train");
        var filter = new RowFilter(match.Groups[1].Value.Trim(), match.Groups[2].Value, match.Groups[3].Value);
        return filter.sign[0] is '<' or '>' && filter.number is null
            ? throw new StageException($"'{text}' compares with '{filter.value}', which is no number.  write: {filter.column}{filter.sign}0")
            : filter;
    }

    /// <summary>The rows of a batch for which all of the filters hold.</summary>
    /// <exception cref="StageException">A filter names a column that is not there or holds lists.</exception>
    public static Batch Apply(Batch batch, IReadOnlyList<RowFilter> filters)
    {
        if (filters.Count == 0)
            return batch;
        var tests = filters.Select(f => f.On(batch)).ToList();
        int[] rows = [.. Enumerable.Range(0, batch.Rows).Where(row => tests.TrueForAll(t => t(row)))];
        return rows.Length == batch.Rows ? batch : batch.Select(rows);
    }

    private Func<int, bool> On(Batch batch)
    {
        var found = batch.Columns.FirstOrDefault(c => c.Name == column)
            ?? throw new StageException($"There is no column '{column}' here, only {string.Join(", ", batch.Columns.Select(c => c.Name))}.");
        switch (batch.Values(found))
        {
            case string?[] texts:
                return row => Holds(texts[row]);
            case bool[] flags:
                return row => Holds(flags[row] ? "true" : "false");
            case int[] numbers:
                return row => Holds(numbers[row]);
            case long[] numbers:
                return row => Holds(numbers[row]);
            case float[] numbers:
                // 0.1 in a file of floats is the float 0.1.
                return row => Holds(sign is "=" or "!=" && number is { } asked && (float)asked == numbers[row] ? asked : numbers[row]);
            case double[] numbers:
                return row => Holds(numbers[row]);
            default:
                throw new StageException($"The column '{column}' holds {found.TypeName}; a condition can look at texts, numbers and truth values.");
        }
    }

    private bool Holds(string? cell) => sign switch
    {
        "=" => cell == value,
        "!=" => cell != value,
        "~" => cell?.Contains(value, StringComparison.OrdinalIgnoreCase) == true,
        _ => throw new StageException($"The column '{column}' holds texts, which '{sign}' does not compare.  write: {column}={value}"),
    };

    private bool Holds(double cell) => sign switch
    {
        "~" => cell.ToString("R", CultureInfo.InvariantCulture).Contains(value, StringComparison.OrdinalIgnoreCase),
        "=" => number is { } asked ? cell.Equals(asked) : double.IsNaN(cell) && value == "NaN",
        "!=" => !(number is { } asked && cell.Equals(asked)),
        "<" => cell < number,
        "<=" => cell <= number,
        ">" => cell > number,
        _ => cell >= number,
    };

    [GeneratedRegex(@"^([^=!<>~]+)(=|!=|<=|>=|<|>|~)(.*)\z", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Parts();
}
