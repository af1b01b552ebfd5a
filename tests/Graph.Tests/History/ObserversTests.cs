namespace DataflowRlhf.Graph.Tests.History;

public sealed class ObserversTests
{
    /// <summary>An observer need not hear everything, so that a member that is not passed on would be missed by nobody.</summary>
    [Fact]
    public void Everything_that_is_heard_is_passed_on() =>
        typeof(Observers).GetInterfaceMap(typeof(IRunObserver)).TargetMethods.Should().OnlyContain(m => m.DeclaringType == typeof(Observers));
}
