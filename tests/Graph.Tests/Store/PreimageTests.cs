namespace DataflowRlhf.Graph.Tests.Store;

public sealed class PreimageTests
{
    private static Preimage Of(params (string Name, string Value)[] fields) => new(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));

    [Fact]
    public void The_order_of_the_fields_does_not_matter() =>
        Of(("a", "1"), ("b", "2")).Key().Should().Be(Of(("b", "2"), ("a", "1")).Key());

    [Fact]
    public void Fields_do_not_run_into_each_other()
    {
        Of(("a", "1b"), ("c", "")).Key().Should().NotBe(Of(("a", "1"), ("bc", "")).Key());
        Of(("a", "12"), ("b", "3")).Key().Should().NotBe(Of(("a", "1"), ("b", "23")).Key());
    }

    [Fact]
    public void A_difference_is_told_field_by_field() =>
        Of(("option flip-below", "0.1"), ("seed", "2"), ("option alpha", "0"), ("code Stages", "b"))
            .Since(Of(("option flip-below", "0"), ("seed", "1"), ("option beta", "0"), ("code Stages", "a")))
            .Should().BeEquivalentTo(["option flip-below: 0 → 0.1", "seed: 1 → 2", "option alpha is new: 0", "option beta is gone", "the program's code changed (Stages)"]);

    [Fact]
    public void It_comes_back_from_its_file() =>
        Preimage.FromJson(Of(("a → b", "\"1\"")).ToJson()).Key().Should().Be(Of(("a → b", "\"1\"")).Key());
}
