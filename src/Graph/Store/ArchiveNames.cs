using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>
/// What may stand in an archive, and where: <c>archive.json</c> first, <c>artifacts/ab/KEY/…</c> as in a store, <c>lineage/KEY/…</c> for records without content,
/// and <c>sha256sums.txt</c> last, which <c>sha256sum -c</c> reads.
/// </summary>
internal static partial class ArchiveNames
{
    private const int LongestName = 1024, LongestPart = 255; // bytes that file systems take
    public const string About = "archive.json";
    public const string Sums = "sha256sums.txt";

    /// <summary>Why an entry's name cannot be taken; null where it can. Nothing that passes leaves the folder it is unpacked into.</summary>
    public static string? Refusal(string name) =>
        name is About or Sums || Record().IsMatch(name) ? null
        : Content().Match(name) is not { Success: true } content ? "is nothing that an archive of an artifact has"
        : content.Groups[1].Value[..2] != name.Split('/')[1] ? "is not in its key's folder"
        : content.Groups[2].Value.Split('/') is var parts && parts.Any(p => p is "" or "." or ".." || p.Any(c => char.IsControl(c) || c == '\\')) ? "has no plain path"
        : parts.Length > 20 ? "is too deep"
        : System.Text.Encoding.UTF8.GetByteCount(name) > LongestName || parts.Any(p => System.Text.Encoding.UTF8.GetByteCount(p) > LongestPart) ? "is too long"
        : null;

    /// <summary>Whether an entry is read into memory.</summary>
    public static bool IsText(string name) => name is About or Sums || name.EndsWith("/record.json", StringComparison.Ordinal) || name.EndsWith("/preimage.json", StringComparison.Ordinal);

    [GeneratedRegex(@"^(?:artifacts/[0-9a-f]{2}/[0-9a-f]{64}/(?:record\.json|preimage\.json|metrics\.jsonl|quarantine\.jsonl)|lineage/[0-9a-f]{64}/(?:record\.json|preimage\.json))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Record();

    [GeneratedRegex(@"^artifacts/[0-9a-f]{2}/([0-9a-f]{64})/files/(.+)\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Content();
}
