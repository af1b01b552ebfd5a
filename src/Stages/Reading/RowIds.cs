using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataflowRlhf.Stages.Reading;

/// <summary>Lasting names of rows: the file's own row_id; else a hash of the texts, with a number where the very same come again.</summary>
internal sealed class RowIds
{
    private readonly Dictionary<string, int> contents = [];
    private readonly HashSet<string> ids = [];

    /// <returns>False: the row_id is taken.</returns>
    public bool TryTake(IReadOnlyDictionary<string, object?> values, string content, out string id, out string reason)
    {
        reason = "";
        id = Given(values) ?? Numbered(Of(content), contents);
        if (ids.Add(id))
            return true;
        reason = $"row_id '{id}' is taken by a row before it";
        return false;
    }

    /// <summary>The file's own row_id; null: it has none.</summary>
    public static string? Given(IReadOnlyDictionary<string, object?> values) => values.GetValueOrDefault("row_id") switch
    {
        string { Length: > 0 } text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>20 hex digits of a text's hash.</summary>
    public static string Of(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)).AsSpan(0, 10));

    /// <summary>A name, with -2, -3, … from the second time on.</summary>
    public static string Numbered(string name, Dictionary<string, int> counts)
    {
        counts[name] = counts.GetValueOrDefault(name) + 1;
        return counts[name] == 1 ? name : $"{name}-{counts[name]}";
    }
}
