namespace DataflowRlhf.Graph;

/// <summary>Tells several what happens in a run, in the order given.</summary>
public sealed class Observers(params IReadOnlyList<IRunObserver> all) : IRunObserver
{
    public void Planned(IReadOnlyList<PlanEntry> plan) => Tell(o => o.Planned(plan));

    public void Running(Func<IReadOnlyList<StageMeter>> meters) => Tell(o => o.Running(meters));

    public void Started(GraphNode node) => Tell(o => o.Started(node));

    public void Resumed(GraphNode node, long done, long? total, string unit) => Tell(o => o.Resumed(node, done, total, unit));

    public void Progressed(GraphNode node, long done, long? total, string unit)
    {
        foreach (var each in all)
            each.Progressed(node, done, total, unit);
    }

    public void Measured(GraphNode node, MetricPoint point)
    {
        foreach (var each in all)
            each.Measured(node, point);
    }

    public void Said(GraphNode node, string line) => Tell(o => o.Said(node, line));

    public void Warned(GraphNode node, string line) => Tell(o => o.Warned(node, line));

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed) => Tell(o => o.Finished(node, artifact, hit, elapsed));

    public void Failed(GraphNode node, string message) => Tell(o => o.Failed(node, message));

    private void Tell(Action<IRunObserver> what)
    {
        foreach (var each in all)
            what(each);
    }
}
