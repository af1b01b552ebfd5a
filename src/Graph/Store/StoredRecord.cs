using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DataflowRlhf.Graph;

/// <summary><c>record.json</c>: its presence makes a folder an artifact.</summary>
/// <param name="Digest">Over the content's files.</param>
/// <param name="FactsDigest">Over its summary and its curves, for those who read them (a report).</param>
/// <param name="Said">Lines for the person, said again when the artifact is found.</param>
internal sealed record StoredRecord(
    int Format, string Key, string Digest, string FactsDigest, string Pipeline, string Stage, string Uses, ArtifactKind Kind,
    long Rows, long Quarantined, double Seconds, DateTimeOffset Made, JsonObject Summary, IReadOnlyList<string> Said)
{
    public const string FileName = "record.json";
    public const int CurrentFormat = 1;
    private const string CardName = "README.md";
    private const long LargestRecord = 256L << 20;
    internal static readonly string[] BesideNames = [ArtifactStore.PreimageName, ArtifactStore.MetricsName, ArtifactStore.QuarantineName];
    private static readonly string NoSeal = new('0', 64);
    internal static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Each file's SHA-256 by its relative name, so that a damaged one can be named. Null in an older record.</summary>
    public IReadOnlyDictionary<string, string>? Files { get; init; }

    /// <summary>Each file's length in bytes by its relative name, so that one that was cut short is seen without reading it. Null in an older record.</summary>
    public IReadOnlyDictionary<string, long>? Lengths { get; init; }

    /// <summary>What the keys of those that it feeds are made of, where that is not <see cref="Digest"/>: of a model its files without the card, which tells of options and names and which nothing reads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InputDigest { get; init; }

    /// <summary>What fed it, in the order of the ports. Null in an older record.</summary>
    public IReadOnlyList<ArtifactSource>? Inputs { get; init; }

    /// <summary>That it was not made under this key, but taken for what would be. Null: it was made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Acceptance? Accepted { get; init; }

    /// <param name="files">Each file's SHA-256 by its relative name.</param>
    public static string? InputDigestOf(ArtifactKind kind, IEnumerable<KeyValuePair<string, string>> files)
    {
        if (kind != ArtifactKind.Model)
            return null;
        using var digest = new ContentDigest();
        foreach (var (name, bytes) in files.Where(f => f.Key != CardName).OrderBy(f => f.Key, StringComparer.Ordinal))
            digest.Add(name).Add(bytes);
        return digest.Take();
    }

    /// <summary>Over a summary and the lines of a <c>metrics.jsonl</c>, if there is one.</summary>
    public static string FactsOf(JsonObject summary, string metrics)
    {
        using var facts = new ContentDigest();
        facts.Add(summary.ToJsonString());
        // Whatever their order: threads may tell points side by side. (A training that goes on tells those before again, in the order that they had.)
        foreach (var line in (File.Exists(metrics) ? File.ReadAllLines(metrics) : []).Order(StringComparer.Ordinal))
            facts.Add(line);
        return facts.Take();
    }

    /// <summary>The SHA-256 of the files beside it (<c>preimage.json</c>, <c>metrics.jsonl</c>, <c>quarantine.jsonl</c>), as far as they are there. Null in an older record.</summary>
    public IReadOnlyDictionary<string, string>? Beside { get; init; }

    /// <summary>The SHA-256 of the record's own file with sixty-four zeros in the place of this. Null in an older record.</summary>
    public string? Seal { get; init; }

    /// <summary>Writes it sealed; its content and the files beside it must be there already.</summary>
    public void Write(string folder)
    {
        var text = JsonSerializer.Serialize(this with { Lengths = LengthsOf(Path.Combine(folder, ArtifactStore.FilesName)), Beside = BesideOf(folder), Seal = NoSeal }, Json);
        File.WriteAllText(Path.Combine(folder, FileName), text.Replace(SealField(NoSeal), SealField(ContentDigest.Plain(text)), StringComparison.Ordinal));
    }

    /// <summary>The SHA-256 of each file beside a folder's record.</summary>
    public static SortedDictionary<string, string> BesideOf(string folder) => new(
        BesideNames.Where(n => File.Exists(Path.Combine(folder, n))).ToDictionary(n => n, n => ContentDigest.PlainOfFile(Path.Combine(folder, n))), StringComparer.Ordinal);

    private static SortedDictionary<string, long> LengthsOf(string content) => new(
        FolderTree.Files(content).ToDictionary(f => Path.GetRelativePath(content, f), f => FileState.Of(f).Bytes), StringComparer.Ordinal);

    /// <summary>Whether a folder's record is as it was written, to the letter; an older one tells nothing.</summary>
    public bool SealHolds(string folder) =>
        Seal is not { } seal || ContentDigest.Plain(File.ReadAllText(Path.Combine(folder, FileName)).Replace(SealField(seal), SealField(NoSeal), StringComparison.Ordinal)) == seal;

    private static string SealField(string seal) => $"\"seal\": \"{seal}\"";

    /// <summary>Whether nothing is missing that a damaged record may lack; to look through the summary finds a name that stands twice.</summary>
    private bool IsWhole() =>
        (object?[])[Key, Digest, FactsDigest, Pipeline, Stage, Uses, Summary, Said] is var parts && parts.All(p => p is not null)
        && Said.All(l => l is not null) && Files?.Values.All(f => f is not null) != false && Inputs?.All(i => i is not null) != false && Summary.Count >= 0 && Enum.IsDefined(Kind);

    /// <summary>The record of a folder, or null where it is no artifact of this format.</summary>
    public static StoredRecord? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(file) && JsonSerializer.Deserialize<StoredRecord>(PlainFile.ReadText(file, LargestRecord), Json) is { Format: CurrentFormat } record && record.IsWhole() ? record : null;
        }
        catch (Exception damaged) when (damaged is JsonException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>When an artifact was last made, found or looked at: the time of its record's file.</summary>
    public DateTimeOffset UsedIn(string folder)
    {
        var marked = new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(folder, FileName)), TimeSpan.Zero);
        return marked > Made ? marked : Made;
    }

    /// <summary>Marks the day on which an artifact was used. Where another user owns it, the day stays as it was.</summary>
    public static void MarkUsed(string folder, DateTimeOffset now)
    {
        try
        {
            File.SetLastWriteTimeUtc(Path.Combine(folder, FileName), now.UtcDateTime);
        }
        catch (Exception theirs) when (theirs is IOException or UnauthorizedAccessException)
        {
            // As the summary has it; or there is none yet.
        }
    }

    /// <summary>What shows without reading that its content is not what was made: a file that is missing, or of another length; null: nothing does. A dataset without one of its parts would be a shorter one.</summary>
    public string? Damage(string folder)
    {
        var content = Path.Combine(folder, ArtifactStore.FilesName);
        return Directory.Exists(content) ? Files?.Keys.Select(name => Damage(content, name)).FirstOrDefault(d => d is not null) : "its files are gone";
    }

    private string? Damage(string content, string name)
    {
        try
        {
            return FileState.Of(Path.Combine(content, name)) is not { IsPlain: true } state ? $"{name} is no file"
                : Lengths is { } lengths && lengths.TryGetValue(name, out var bytes) && state.Bytes != bytes ? string.Create(CultureInfo.InvariantCulture, $"{name} has {state.Bytes:N0} bytes, and {bytes:N0} were recorded")
                : null;
        }
        catch (FileNotFoundException)
        {
            return $"{name} is missing";
        }
    }

    public ArtifactRecord ToArtifact(string folder) =>
        new(Key, Digest, Stage, Uses, Kind, Path.Combine(folder, ArtifactStore.FilesName), Rows, Quarantined, Seconds, Made, Summary) { FactsDigest = FactsDigest, Said = Said, InputDigest = InputDigest ?? Digest, Inputs = Inputs ?? [], Accepted = Accepted };
}
