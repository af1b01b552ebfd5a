using System.Reflection;
using Xunit.v3;

namespace DataflowRlhf.Tests;

/// <summary>Marks tests against golden data, which <c>./rlhf test --parity</c> runs; each of their cases tells its outcome in a line.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class ParityAttribute(string area) : BeforeAfterTestAttribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("parity", area)];

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        var outcome = TestContext.Current.TestState?.Result == TestResult.Passed ? "passed" : "failed";
        Console.WriteLine($"{outcome}  {area}  {string.Join(' ', test.TestMethodArguments)}: {methodUnderTest.Name.Replace('_', ' ')}");
    }
}
