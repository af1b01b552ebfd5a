using System.Text.Json.Nodes;
using static DataflowRlhf.Graph.SchemaParts;

namespace DataflowRlhf.Graph;

/// <summary>The schema of <c>retry</c>, <c>timeout</c>, <c>max-bad</c> and <c>promises</c>: what <see cref="PolicyReader"/> takes.</summary>
internal static class PolicySchema
{
    private const string Span = @"^\s*([0-9]+\.?[0-9]*|\.[0-9]+)(ms|s|m|h|d)\s*(([0-9]+\.?[0-9]*|\.[0-9]+)(ms|s|m|h|d)\s*)*$";
    private const string Bound = @"^\s*(>=|<=|==|>|<)\s*[+-]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$";

    public static JsonObject Retry() => Said("Further attempts after a failure that may pass (the network, a disk, a time-out): 3, or { times: 3, wait: 10s }; each wait is twice the one before. Default: 0.", Or(
        [.. Times(), new JsonObject
        {
            ["type"] = "object",
            ["required"] = Names("times"),
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["times"] = Said($"So many further attempts, 0 to {PolicyReader.MostRetries}.", Or(Times())),
                ["wait"] = Said("The wait before the first of them; each next one is twice as long. Default: 10s.", Or(Text(Span), Reference("filled"))),
            },
        }]));

    public static JsonObject Timeout() => Said("No attempt may last longer: 500ms, 90s, 30m, 2h, 1d, 1h30m. Default: as long as it takes.", Or(Text(Span), Reference("filled")));

    public static JsonObject MaxBad() => Said("More rows put aside fail the stage: a number of rows, or a share such as 0.5%. Default: any number.", Or(
        new JsonObject { ["type"] = "integer", ["minimum"] = 0 },
        Text(@"^\s*([0-9][0-9_]*|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*%)\s*$"),
        Reference("filled")));

    public static JsonObject Promises() => Said("What must hold of the result: [rows >= 1000, loss.last < 0.7], or { rows: \">= 1000\" }. Of rows, quarantined, seconds, a key of the summary, or a curve's .first, .last, .least or .most. One that does not hold turns the run red.", Or(
        One(),
        new JsonObject { ["type"] = "array", ["items"] = One() },
        new JsonObject { ["type"] = "object", ["additionalProperties"] = Or([.. Bounds(), new JsonObject { ["type"] = "array", ["items"] = Or(Bounds()) }]) }));

    private static JsonObject[] Times() => [new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = PolicyReader.MostRetries }, Reference("digits"), Reference("filled")];

    private static JsonObject One() => Or(Text(PromiseReader.Pattern), Reference("filled"));

    private static JsonObject[] Bounds() => [Text(Bound), Reference("filled")];
}
