using DataflowRlhf.Graph;
using TorchSharp;

namespace DataflowRlhf.Stages.Tests;

/// <summary>Every shipped stage keeps every rule of the contract.</summary>
public sealed class ContractTests(ContractTests.Contracts contracts) : IClassFixture<ContractTests.Contracts>
{
    private static readonly StageRegistry Registry = new(typeof(Columns).Assembly);

    public static TheoryData<string, string> StagesAndRules()
    {
        var cases = new TheoryData<string, string>();
        foreach (var kind in Registry.Kinds)
            foreach (var rule in StageContract.Rules)
                cases.Add(kind.Name, rule);
        return cases;
    }

    [Theory]
    [MemberData(nameof(StagesAndRules))]
    public async Task A_stage_keeps_a_rule(string stage, string rule)
    {
        var finding = await contracts.Of(stage).CheckAsync(rule);
        finding.Verdict.Should().NotBe(ContractVerdict.Broken, finding.Why);
    }

    /// <summary>One suite a stage: what several rules look at is run once.</summary>
    public sealed class Contracts : IDisposable
    {
        private readonly Dictionary<string, StageContract> made = [];

        public StageContract Of(string stage)
        {
            if (!made.TryGetValue(stage, out var contract))
                made[stage] = contract = new StageContract(Registry.Find(stage)!, Registry,
                    new ContractOptions { Clear = Failures.SpeakClearly, Alive = () => torch.Tensor.TotalCount, Patience = TimeSpan.FromMinutes(3) }, TimeProvider.System);
            return contract;
        }

        public void Dispose()
        {
            foreach (var contract in made.Values)
                contract.Dispose();
        }
    }
}
