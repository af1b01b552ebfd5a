using DataflowRlhf.Graph;

namespace DataflowRlhf.Bench;

/// <summary>Nobody watches.</summary>
internal sealed class Silent : IRunObserver
{
    public void Planned(IReadOnlyList<PlanEntry> plan) { }
    public void Started(GraphNode node) { }
    public void Progressed(GraphNode node, long done, long? total, string unit) { }
    public void Measured(GraphNode node, MetricPoint point) { }
    public void Said(GraphNode node, string line) { }
    public void Warned(GraphNode node, string line) { }
    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed) { }
    public void Failed(GraphNode node, string message) { }
}
