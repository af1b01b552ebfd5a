namespace DataflowRlhf.Graph;

/// <summary>Stands where what feeds a stage stood, and emits given batches: cut otherwise, with more columns, none at all, or with a failure behind the first.</summary>
internal sealed class Feed(Feed.Options options) : Stage
{
    public const string Failure = "the contract's own failure";

    public sealed record Options
    {
        public required IReadOnlyList<Batch> Batches { get; init; }
        public required IReadOnlyList<Column> Columns { get; init; }
        public required string Salt { get; init; }
        public bool Fails { get; init; }

        /// <summary>The failure waits for this: a stage that streams has begun to read.</summary>
        public Task FailsBehind { get; init; } = Task.CompletedTask;
    }

    public override StagePorts Ports => new([], Output.Rows(options.Columns));

    public override async Task RunAsync(IStageRun run)
    {
        foreach (var batch in options.Batches)
        {
            await run.EmitAsync(batch);
            if (!options.Fails)
                continue;
            await options.FailsBehind.WaitAsync(run.Stopping);
            throw new StageException(Failure);
        }
        if (options.Fails)
            throw new StageException(Failure);
    }

    /// <summary>A node in the place of another.</summary>
    public static GraphNode In(GraphNode source, Options options) => new()
    {
        Name = source.Name + "-fed",
        Kind = new StageKind(typeof(Feed), new StageAttribute("feed", "Emits given batches.")),
        Options = options,
        OptionValues = new System.Text.Json.Nodes.JsonObject { ["salt"] = options.Salt },
        Inputs = [],
        Ports = new StagePorts([], Output.Rows(options.Columns)),
        Columns = options.Columns,
    };
}
