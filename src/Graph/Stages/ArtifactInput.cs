using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>A finished artifact as a stage sees it.</summary>
/// <param name="Stage">The stage that made it, such as <c>voter[3]</c>.</param>
/// <param name="Uses">That stage's kind, such as <c>train-reward</c>.</param>
/// <param name="Kind">Dataset, model or report.</param>
/// <param name="Folder">Where its files are: <c>config.json</c> and weights of a model, <c>report.json</c> of a report.</param>
/// <param name="Rows">Rows of a dataset.</param>
/// <param name="Summary">What it summarised.</param>
public sealed record ArtifactInput(string Stage, string Uses, ArtifactKind Kind, string Folder, long Rows, JsonObject Summary)
{
    /// <summary>The curves that it recorded, in the order of recording.</summary>
    public required Func<IEnumerable<MetricPoint>> Metrics { get; init; }

    /// <summary>The batches of a dataset, in order; can be read again.</summary>
    public required Func<CancellationToken, IAsyncEnumerable<Batch>> Read { get; init; }
}

/// <summary>One point of a curve.</summary>
public readonly record struct MetricPoint(string Name, long Step, double Value);
