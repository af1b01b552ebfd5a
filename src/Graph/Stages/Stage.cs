namespace DataflowRlhf.Graph;

/// <summary>
/// A blueprint of one step: options in its constructor, ports, and a body. It holds no block, no thread and no file, and one instance may run once.
/// A public sealed class with a <see cref="StageAttribute"/>, a nested record <c>Options</c> and a constructor that takes it.
/// </summary>
public abstract class Stage
{
    /// <summary>What it reads and leaves. May look at options; must not change anything.</summary>
    public abstract StagePorts Ports { get; }

    /// <summary>The body. Returning means success; a <see cref="StageException"/> is a clear failure.</summary>
    public abstract Task RunAsync(IStageRun run);

    /// <summary>Its body holds the device (a GPU, or the cores that train): such stages run one at a time.</summary>
    public virtual bool UsesDevice => false;

    /// <summary>What it will need and leave, as far as that can be said before anything runs; null: nothing. Rows that pass through keep their promise.</summary>
    public virtual Outlook? Foresee(IForesight ahead) =>
        Ports.Output is DatasetOutput { PassesOn: { } port } && ahead.Promise(port) is { } promise ? new Outlook { Promise = promise } : null;
}
