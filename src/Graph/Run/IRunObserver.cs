namespace DataflowRlhf.Graph;

/// <summary>Hears what happens in a run, as much of it as it cares for; called from many threads, must be quick and must not throw.</summary>
public interface IRunObserver
{
    void Planned(IReadOnlyList<PlanEntry> plan)
    {
    }

    /// <summary>It begins: <paramref name="meters"/> tells at any time what the running stages do.</summary>
    void Running(Func<IReadOnlyList<StageMeter>> meters)
    {
    }

    void Started(GraphNode node)
    {
    }

    /// <summary>It goes on behind what an attempt before has kept: so many of so many rows or steps need not be made again. Total null: not known.</summary>
    void Resumed(GraphNode node, long done, long? total, string unit)
    {
    }

    void Progressed(GraphNode node, long done, long? total, string unit)
    {
    }

    void Measured(GraphNode node, MetricPoint point)
    {
    }

    void Said(GraphNode node, string line)
    {
    }

    void Warned(GraphNode node, string line)
    {
    }

    /// <summary>Finished, or found in the store (<paramref name="hit"/>).</summary>
    void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed)
    {
    }

    void Failed(GraphNode node, string message)
    {
    }
}
