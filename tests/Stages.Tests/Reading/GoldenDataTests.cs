using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataflowRlhf.Stages.Reading;

namespace DataflowRlhf.Stages.Tests.Reading;

/// <summary>
/// Preference files below <c>data/</c>, each folder's files of one stem (<c>valid.jsonl</c>, <c>valid.zstd.parquet</c>, …) holding the same rows, and
/// <c>valid.prompts.jsonl</c> what the prompts are. A golden root without such folders is no mistake: the repository's own stand in.
/// </summary>
[Parity("data")]
public sealed class GoldenDataTests
{
    private static readonly string[] Endings = [".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst"];

    private static string Data { get; } = Directory.Exists(Fixtures.Path("data")) && Directory.GetDirectories(Fixtures.Path("data")).Length > 0 ? Fixtures.Path("data") : Path.Combine(Fixtures.Own, "data");

    public static TheoryData<string, string> DataFiles()
    {
        var files = Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories)
            .Where(f => Endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)) && !f.EndsWith(".prompts.jsonl", StringComparison.Ordinal));
        return [.. files.Order(StringComparer.Ordinal).Select(f => (Path.GetRelativePath(Data, Path.GetDirectoryName(f)!), Path.GetFileName(f)))];
    }

    private static string Stem(string file) => file.Split('.')[0];

    private static List<JsonElement> Lines(string path) => [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => JsonSerializer.Deserialize<JsonElement>(l))];

    /// <summary>The rows that were taken, with their places from 0; the places of those put aside, with the reasons.</summary>
    private static async Task<(List<(int Row, string Id, string Prompt, string Chosen, string Rejected, string Split)> Taken, Dictionary<int, string> Aside)> Read(string folder, string file)
    {
        using var run = await Source.Pairs(Path.Combine(Data, folder, file));
        // A blank line is no row, and golden files have none; so the place in the file is the row.
        var aside = run.Quarantined.ToDictionary(q => int.Parse(q.RowId[(q.RowId.LastIndexOf(':') + 1)..]) - 1, q => q.Reason);
        var places = Enumerable.Range(0, run.Emitted.Sum(b => b.Rows) + aside.Count).Where(i => !aside.ContainsKey(i)).ToList();
        var (ids, prompts, chosen, rejected, splits) = (run.All(Columns.RowId), run.All(Columns.Prompt), run.All(Columns.Chosen), run.All(Columns.Rejected), run.All(Columns.Split));
        return ([.. places.Select((row, i) => (row, ids[i], prompts[i], chosen[i], rejected[i], splits[i]))], aside);
    }

    [Theory]
    [MemberData(nameof(DataFiles))]
    public async Task Every_kind_of_file_gives_the_rows_of_the_first(string folder, string file)
    {
        var same = DataFiles().Select(d => d.Data).Where(d => d.Item1 == folder && Stem(d.Item2) == Stem(file)).Select(d => d.Item2).ToList();
        var first = same.FirstOrDefault(f => f.EndsWith(".jsonl", StringComparison.Ordinal), same[0]);
        var (expected, actual) = (await Read(folder, first), await Read(folder, file));
        actual.Taken.Should().Equal(expected.Taken);
        actual.Aside.Should().Equal(expected.Aside);
        actual.Taken.Should().NotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(DataFiles))]
    public async Task Prompts_and_responses_are_parted_as_the_reference_has_them(string folder, string file)
    {
        var (taken, aside) = await Read(folder, file);
        var reference = Path.Combine(Data, folder, Stem(file) + ".prompts.jsonl");
        if (File.Exists(reference))
        {
            var golden = Lines(reference);
            (taken.Count + aside.Count).Should().Be(golden.Count);
            foreach (var row in taken)
            {
                var prompt = Encoding.UTF8.GetBytes(row.Prompt);
                (prompt.Length, Convert.ToHexStringLower(SHA256.HashData(prompt))[..16]).Should().Be(
                    (golden[row.Row].GetProperty("prompt_utf8_bytes").GetInt32(), golden[row.Row].GetProperty("prompt_sha256").GetString()!), $"row {row.Row}");
                foreach (var (name, text) in new[] { ("prompt", row.Prompt), ("chosen_response", row.Chosen), ("rejected_response", row.Rejected) })
                    if (golden[row.Row].TryGetProperty(name, out var value))
                        text.Should().Be(value.GetString(), $"row {row.Row}");
            }
        }
        var lines = Path.Combine(Data, folder, Stem(file) + ".jsonl");
        if (!File.Exists(lines))
            return;
        var original = Lines(lines);
        // Whole dialogues come apart without losing a letter.
        foreach (var row in taken.Where(r => !original[r.Row].TryGetProperty("prompt", out _) && original[r.Row].GetProperty("chosen").ValueKind == JsonValueKind.String))
            (row.Prompt + row.Chosen, row.Prompt + row.Rejected).Should().Be((original[row.Row].GetProperty("chosen").GetString()!, original[row.Row].GetProperty("rejected").GetString()!));
        // A row may be put aside for one reason only: a response that says nothing.
        foreach (var (row, reason) in aside)
            reason.Should().Match(r => r == "the chosen response is empty" || r == "the rejected response is empty", $"row {row}");
    }

    [Theory]
    [MemberData(nameof(DataFiles))]
    public async Task No_opening_is_on_two_sides(string folder, string file)
    {
        using var run = await Source.Pairs(Path.Combine(Data, folder, file), o => o with { Validation = 0.3, SplitSeed = 2 });
        run.All(Columns.Prompt).Select(Dialogue.Opening).Zip(run.All(Columns.Split)).GroupBy(p => p.First, p => p.Second).Should().OnlyContain(g => g.Distinct().Count() == 1);
    }
}
