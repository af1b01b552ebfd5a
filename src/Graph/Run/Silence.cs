namespace DataflowRlhf.Graph;

/// <summary>Nobody listens.</summary>
public sealed class Silence : IRunObserver;
