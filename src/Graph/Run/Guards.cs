using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>Holds a finished artifact against what its stage's entry demands: <c>max-bad</c> and <c>promises</c>.</summary>
internal static class Guards
{
    private const int MostNames = 12;
    private static readonly string[] CurveEnds = ["first", "last", "least", "most"];

    /// <exception cref="StageException">More rows were put aside than may be, or a promise does not hold.</exception>
    public static void Check(GraphNode node, ArtifactRecord artifact, ArtifactStore store)
    {
        if (node.Policy.MaxBad is { } most && most.IsExceeded(artifact.Quarantined, artifact.Rows))
            throw TooManyBad(most, artifact.Quarantined, artifact.Rows, null);
        var broken = Broken(node, artifact, store);
        if (broken.Count > 0)
            throw new StageException($"{string.Join("; ", broken)}. What it made is kept ({artifact.Folder}); nothing that feeds from it runs. Mend the cause, or change 'promises'.");
    }

    /// <summary>What an artifact that is there does not keep, in words: a run that finds it ends red. Empty where all is well.</summary>
    public static IReadOnlyList<string> Problems(GraphNode node, ArtifactRecord artifact, ArtifactStore store) =>
    [
        .. node.Policy.MaxBad is { } most && most.IsExceeded(artifact.Quarantined, artifact.Rows) ? (string[])[$"{artifact.Quarantined:N0} rows were put aside, and max-bad is {most}"] : [],
        .. Broken(node, artifact, store),
    ];

    private static List<string> Broken(GraphNode node, ArtifactRecord artifact, ArtifactStore store) =>
        [.. node.Policy.Promises.Select(p => Broken(p, artifact, store)).OfType<string>()];

    public static StageException TooManyBad(BadLimit most, long bad, long kept, string? first) =>
        new($"{bad:N0} rows were put aside{(kept > 0 ? $" and {kept:N0} kept" : "")}{(first is null ? "" : $", the first because {first.TrimEnd('.')}")}; max-bad is {most}. Mend the rows, or allow more.");

    /// <summary>What is wrong, or null.</summary>
    private static string? Broken(Promise promise, ArtifactRecord artifact, ArtifactStore store)
    {
        var curves = store.Metrics(artifact).ToLookup(m => m.Name, m => m.Value);
        if (Value(promise.Of, artifact, curves) is not { } value)
        {
            string[] own = ["rows", "quarantined", "seconds", .. artifact.Summary.Select(s => s.Key)];
            var meant = Nearest.To(promise.Of, [.. own, .. curves.SelectMany(c => CurveEnds.Select(e => $"{c.Key}.{e}"))]);
            return $"the promise '{promise}' speaks of '{promise.Of}', which it does not tell ({Few([.. own.Concat(curves.Select(c => c.Key + ".last")).Distinct()])}){(meant is null ? "" : $"; nearest is '{meant}'")}";
        }
        return promise.Holds(value) ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the promise '{promise}' does not hold: {promise.Of} is {value:0.######}");
    }

    private static double? Value(string of, ArtifactRecord artifact, ILookup<string, double> curves) => of switch
    {
        "rows" => artifact.Rows,
        "quarantined" => artifact.Quarantined,
        "seconds" => artifact.Seconds,
        _ => Inward(artifact.Summary, of) ?? Curve(of, curves),
    };

    /// <summary>A number of the summary; dots lead inwards, also where a name has one itself.</summary>
    private static double? Inward(JsonNode? at, string path)
    {
        if (at is not JsonObject fields)
            return null;
        if (fields.TryGetPropertyValue(path, out var found))
            return Number(found);
        for (var dot = path.IndexOf('.'); dot > 0; dot = path.IndexOf('.', dot + 1))
            if (fields.TryGetPropertyValue(path[..dot], out var inner) && Inward(inner, path[(dot + 1)..]) is { } value)
                return value;
        return null;
    }

    private static double? Number(JsonNode? node) => (node as JsonValue)?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.Number => node!.GetValue<double>(),
        System.Text.Json.JsonValueKind.True => 1,
        System.Text.Json.JsonValueKind.False => 0,
        System.Text.Json.JsonValueKind.String when node!.GetValue<string>() is "NaN" or "Infinity" or "-Infinity" => double.Parse(node.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };

    private static double? Curve(string of, ILookup<string, double> curves)
    {
        var dot = of.LastIndexOf('.');
        if (dot <= 0 || !curves.Contains(of[..dot]))
            return null;
        var values = curves[of[..dot]];
        return of[(dot + 1)..] switch
        {
            "first" => values.First(),
            "last" => values.Last(),
            "least" => values.Min(),
            "most" => values.Max(),
            _ => null,
        };
    }

    private static string Few(IReadOnlyList<string> names) => names.Count <= MostNames ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNames))}, …";
}
