using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>Reads <c>retry</c>, <c>timeout</c> and <c>max-bad</c> of a stage's entry; <see cref="PromiseReader"/> reads <c>promises</c>.</summary>
internal sealed class PolicyReader(StageEntry entry, YamlMap map, EntryMistakes mistakes)
{
    public static readonly string[] Keys = ["retry", "timeout", "max-bad", "promises"];
    internal const int MostRetries = 100;
    internal const int LongestDays = 365;
    private static readonly string[] RetryKeys = ["times", "wait"];

    /// <summary>The policy; a part with a mistake keeps its default.</summary>
    /// <param name="ports">The stage's ports, which say whether it has rows at all; null where they are not known.</param>
    public StagePolicy Read(StagePorts? ports)
    {
        var policy = Retry(new StagePolicy());
        var leavesRows = ports?.Output.Kind is null or ArtifactKind.Dataset;
        var seesRows = leavesRows || ports!.Inputs.Any(p => p is DatasetPort);
        return policy with
        {
            Timeout = map.Find("timeout") is { } timeout ? Time(timeout, "timeout", "timeout: 2h", TimeSpan.FromMilliseconds(1)) : null,
            MaxBad = map.Find("max-bad") is { } bad ? MaxBad(bad, leavesRows, seesRows) : null,
            Promises = map.Find("promises") is { } promises ? new PromiseReader(entry, mistakes, leavesRows, seesRows).Read(promises) : [],
        };
    }

    private StagePolicy Retry(StagePolicy policy)
    {
        if (map.Find("retry") is not { } retry)
            return policy;
        if (retry is YamlText)
            return Times(retry, "retry") is { } only ? policy with { Retries = only } : policy;
        if (retry is not YamlMap { Entries.Count: > 0 } given)
        {
            mistakes.Add(retry, entry, "retry", "says how often a stage is tried again after a failure that may pass: a number, or a map of times and wait.", "retry: { times: 3, wait: 10s }");
            return policy;
        }
        var parts = given.Mended(RetryKeys, (key, _, meant) =>
            mistakes.Add(key, entry, $"retry.{key.Value}", $"'{key.Value}' is not known here ({string.Join(", ", RetryKeys)}).", meant switch { null => null, "times" => "times: 3", _ => "wait: 10s" }), ["times"]);
        if (parts.Find("times") is not { } often)
            mistakes.Add(retry, entry, "retry", "does not say how often.", "retry: { times: 3, wait: 10s }");
        else if (Times(often, "retry.times") is { } times)
            policy = policy with { Retries = times };
        return parts.Find("wait") is { } wait && Time(wait, "retry.wait", "wait: 10s", TimeSpan.Zero) is { } read ? policy with { RetryWait = read } : policy;
    }

    private int? Times(YamlItem item, string where)
    {
        var text = (item as YamlText)?.Value.Trim();
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var times) && times <= MostRetries)
            return times;
        mistakes.Add(item, entry, where, $"{item.Said} is not a number of further attempts; 0 to {MostRetries} is possible.", where == "retry" ? "retry: 3" : "times: 3");
        return null;
    }

    private TimeSpan? Time(YamlItem item, string where, string write, TimeSpan least)
    {
        var text = (item as YamlText)?.Value.Trim() ?? "";
        if (Duration.Parse(text) is { } time)
        {
            if (time >= least && time.TotalDays <= LongestDays)
                return time;
            mistakes.Add(item, entry, where, $"'{text}' is out of range; {(least == TimeSpan.Zero ? "0s" : Duration.Text(least))} to {LongestDays}d is possible.", write);
            return null;
        }
        var bare = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
        var problem = bare ? $"'{text}' has no unit; {Duration.Possible} is possible." : $"{item.Said} is not {Duration.Possible}.";
        mistakes.Add(item, entry, where, problem, bare ? $"{write[..write.IndexOf(':', StringComparison.Ordinal)]}: {text}s" : write);
        return null;
    }

    private BadLimit? MaxBad(YamlItem item, bool leavesRows, bool seesRows)
    {
        if (!seesRows)
        {
            mistakes.Add(item, entry, "max-bad", "this stage neither reads nor leaves rows, so it puts none aside; take max-bad out, or give it to a stage that has rows.");
            return null;
        }
        var text = (item as YamlText)?.Value.Trim() ?? "";
        var share = text.EndsWith('%');
        var number = (share ? text[..^1].TrimEnd() : text).Replace("_", "", StringComparison.Ordinal);
        var parsed = double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value);
        if (parsed && share && value <= 100)
        {
            if (leavesRows)
                return new BadLimit(value / 100, true);
            mistakes.Add(item, entry, "max-bad", $"'{text}' is a share of the rows that a stage leaves, and this one leaves none; a number of rows is possible.", "max-bad: 20");
            return null;
        }
        if (parsed && !share && value == Math.Floor(value) && value <= long.MaxValue / 2)
            return new BadLimit(value, false);
        var near = parsed && !share && value < 1 ? value * 100 : 0.5;
        mistakes.Add(item, entry, "max-bad", $"{item.Said} is not a number of rows (from 0) nor a share (0% to 100%).", $"max-bad: {near.ToString("0.####", CultureInfo.InvariantCulture)}%");
        return null;
    }
}
