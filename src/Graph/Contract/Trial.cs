namespace DataflowRlhf.Graph;

/// <summary>How a stage is run once.</summary>
internal sealed record Trial
{
    public int Parallel { get; init; } = 2;

    /// <summary>Rows a batch of every dataset that feeds it; 0: all in one; null: as the store has them.</summary>
    public int? BatchRows { get; init; }

    /// <summary>Adds two columns that no stage knows.</summary>
    public bool Extras { get; init; }

    /// <summary>The dataset port that gets no row.</summary>
    public string? Empty { get; init; }

    /// <summary>What feeds it fails behind its first batch.</summary>
    public bool Fails { get; init; }

    /// <summary>Other options than the example's.</summary>
    public object? Options { get; init; }

    public Action<int> OnStep { get; init; } = _ => { };

    /// <summary>A store to go on in; null: a fresh one, with what feeds the stage.</summary>
    public string? Store { get; init; }

    public CancellationToken Stopping { get; init; }

    public bool Feeds => BatchRows is not null || Extras || Empty is not null || Fails;
}
