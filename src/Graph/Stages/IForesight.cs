namespace DataflowRlhf.Graph;

/// <summary>What a stage may look at to tell, before anything runs, what it will need and leave.</summary>
public interface IForesight
{
    /// <summary>Where tensors will live: <c>cpu</c> or <c>cuda:0</c>.</summary>
    string Device { get; }

    /// <summary>Whether a port is fed.</summary>
    bool Has(string port);

    /// <summary>The finished artifact that feeds a port, where the store has it.</summary>
    ArtifactInput? Artifact(string port);

    /// <summary>What the stage that feeds a port promised to leave; null: it promised nothing.</summary>
    object? Promise(string port);

    /// <summary>What this very stage left earlier and a run would find again; null: nothing.</summary>
    ArtifactInput? Left { get; }

    /// <summary>A path from an option, as <see cref="IStageRun.Resolve"/> has it.</summary>
    string Resolve(string path);
}
