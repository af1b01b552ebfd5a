using System.Text.Json;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>Every case of every file in <c>fixtures/losses</c>: values and gradients as PyTorch and transformers give them in float64.</summary>
[Parity("losses")]
public sealed class GoldenLossTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, Action<GoldenCase>> Checks = new(
        PairChecks.All.Concat(RankingChecks.All).Concat(ContrastChecks.All).Concat(MetaChecks.All).Concat(PpoChecks.All).Concat(OptimizerChecks.All).Concat(SamplingChecks.All));

    private static IEnumerable<string> Subjects() =>
        Directory.GetFiles(Fixtures.Path("losses"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Where(n => n is not "index").Order();

    public static TheoryData<string, int> Cases()
    {
        var all = new TheoryData<string, int>();
        foreach (var subject in Subjects())
            for (var i = 0; i < Fixtures.Json("losses", subject + ".json").GetProperty("cases").GetArrayLength(); i++)
                all.Add(subject, i);
        return all;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Holds(string subject, int index)
    {
        using var scope = NewDisposeScope();
        var item = new GoldenCase(Fixtures.Json("losses", subject + ".json").GetProperty("cases")[index]);
        Checks.Should().ContainKey(subject, "a golden file without a check proves nothing");
        Checks[subject](item);
        item.Held.Should().BePositive();
        output.WriteLine($"{subject} {index}: {item.Held} numbers, largest relative error {item.Worst:0.0e+0}");
    }

    [Fact]
    public void No_file_and_no_case_is_missing()
    {
        var index = Fixtures.Json("losses", "index.json").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());
        Subjects().Should().BeEquivalentTo(index.Keys);
        Cases().Count.Should().Be(index.Sum(p => p.Value));
    }
}
