using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>What a remembered run did with one stage.</summary>
/// <param name="Stage">As in <c>voter[3]</c>.</param>
/// <param name="Uses">The stage's kind.</param>
/// <param name="Options">Every option by its resolved value; what came from the environment is masked.</param>
public sealed record StageTrace(string Stage, string Uses, JsonObject Options)
{
    /// <summary>What was planned: <c>hit</c>, <c>run</c>, <c>waits</c>, <c>resume</c>; null where it was no part of the plan.</summary>
    public string? Decision { get; init; }

    /// <summary>Why it was planned so.</summary>
    public string? Reason { get; init; }

    public StageState State { get; init; }

    /// <summary>When its body began; null where it did not.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>It went on behind what was kept, so that its seconds are not those of the whole.</summary>
    public bool Resumed { get; init; }

    /// <summary>How long its body took, in seconds; 0 where it was found.</summary>
    public double Seconds { get; init; }

    /// <summary>Its artifact's cache key; null where there is none.</summary>
    public string? Key { get; init; }

    public string? Digest { get; init; }

    /// <summary>Rows of the datasets that fed it; null where there is none, or not all are known.</summary>
    public long? Fed { get; init; }

    /// <summary>Rows that it left.</summary>
    public long Rows { get; init; }

    public long Quarantined { get; init; }

    /// <summary>What its progress was counted to, in <see cref="Unit"/>; null where it was not told.</summary>
    public long? Steps { get; init; }

    public string? Unit { get; init; }

    /// <summary>Its first warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Why it failed; null where it did not.</summary>
    public string? Message { get; init; }
}
