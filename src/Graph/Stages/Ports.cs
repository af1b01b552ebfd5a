namespace DataflowRlhf.Graph;

/// <summary>What an artifact is.</summary>
public enum ArtifactKind
{
    Dataset,
    Model,
    Report,
}

/// <summary>A way into a stage. <c>from: x</c> feeds the first port; <c>from: { name: x }</c> names it.</summary>
public abstract record InputPort(string Name)
{
    /// <summary>May be left out.</summary>
    public bool Optional { get; init; }

    /// <summary>Takes a list: <c>[a, b]</c> or <c>voter[*]</c>.</summary>
    public bool Many { get; init; }

    /// <summary>Whether an artifact of this kind fits.</summary>
    public abstract bool Takes(ArtifactKind kind);

    /// <summary>Whether what a stage leaves fits: its kind, and for a model what it holds, where both sides say.</summary>
    public virtual bool Takes(Output output) => Takes(output.Kind);
}

/// <summary>Rows with at least these columns.</summary>
public sealed record DatasetPort(string Name, params IReadOnlyList<Column> Needs) : InputPort(Name)
{
    /// <summary>Read once, as it comes. False: the stage needs the finished dataset, and may read it again.</summary>
    public bool Streams { get; init; } = true;

    /// <summary>The stage takes only rows with this text in this column, such as split and train; null: any. It is told, not enforced: the stage itself looks.</summary>
    public (string Column, string Value)? Only { get; init; }

    public override bool Takes(ArtifactKind kind) => kind == ArtifactKind.Dataset;
}

/// <summary>A Hugging Face folder.</summary>
/// <param name="Holds">What it may hold, in the words of the stages that leave it (<see cref="Output.ModelOf"/>); empty: anything.</param>
public sealed record ModelPort(string Name, params IReadOnlyList<string> Holds) : InputPort(Name)
{
    public override bool Takes(ArtifactKind kind) => kind == ArtifactKind.Model;

    public override bool Takes(Output output) => base.Takes(output) && (Holds.Count == 0 || output is not ModelOutput { Holds: { } held } || Holds.Contains(held));
}

/// <summary>Any finished artifact: a report reads them all.</summary>
public sealed record AnyPort(string Name) : InputPort(Name)
{
    public override bool Takes(ArtifactKind kind) => true;
}

/// <summary>What a stage leaves.</summary>
public abstract record Output(ArtifactKind Kind)
{
    public static Output Model { get; } = new ModelOutput();
    public static Output Report { get; } = new ReportOutput();

    /// <summary>A model folder that holds this, such as a tokenizer: a port that takes something else is a mistake in the file.</summary>
    public static Output ModelOf(string holds) => new ModelOutput(holds);

    /// <summary>Rows of their own, with these columns.</summary>
    public static DatasetOutput Rows(params IReadOnlyList<Column> columns) => new(null, columns, []);

    /// <summary>The rows of a port, every column passed on, with these added.</summary>
    public static DatasetOutput Through(string port, params IReadOnlyList<Column> adds) => new(port, adds, []);
}

/// <summary>A dataset: the columns passed through from <paramref name="PassesOn"/> (null: none), plus <paramref name="Adds"/>, less <paramref name="Drops"/>.</summary>
public sealed record DatasetOutput(string? PassesOn, IReadOnlyList<Column> Adds, IReadOnlyList<string> Drops) : Output(ArtifactKind.Dataset);

/// <summary>A model folder.</summary>
/// <param name="Holds">What it holds, in a word or two; null: it does not say, and fits wherever a model does.</param>
public sealed record ModelOutput(string? Holds = null) : Output(ArtifactKind.Model);

public sealed record ReportOutput() : Output(ArtifactKind.Report);

/// <summary>The ways into a stage and what it leaves, as its options have it.</summary>
public sealed record StagePorts(IReadOnlyList<InputPort> Inputs, Output Output);
