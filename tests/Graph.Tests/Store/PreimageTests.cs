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
            .Should().BeEquivalentTo(["option flip-below: 0 → 0.1", "the pipeline's seed is another", "option alpha is new: 0", "option beta is gone", "its code changed (Stages)"]);

    [Fact]
    public void Changed_code_is_one_reason_that_names_what_was_edited_before_what_that_drew_in() =>
        Of(("code Stages.Relabel", "2"), ("code Learning.Added", "1"), ("code Graph.Column`1", "2"), ("code libmine.so", "2"), ("code Mine.E", "2"))
            .Since(Of(("code Stages.Relabel", "1"), ("code Graph.Column`1", "1"), ("code Learning.Left", "1"), ("code libmine.so", "1"), ("code Mine.E", "1")))
            .Should().Equal("its code changed (Column, E, Relabel, libmine.so and 2 more)");

    [Fact]
    public void A_file_that_was_not_there_is_new_and_has_not_changed() =>
        Of(("file path two.jsonl", "a"), ("file path kept.jsonl", "c")).Since(Of(("file path one.jsonl", "a"), ("file path kept.jsonl", "b")))
            .Should().Equal("file path kept.jsonl changed", "file path two.jsonl is new", "file path one.jsonl is gone");

    [Fact]
    public void Another_kind_of_stage_is_the_one_reason() =>
        Of(("stage", "make-words"), ("option count", "3"), ("code Stages.MakeWords", "1")).Since(Of(("stage", "read-words"), ("option path", "\"a\""), ("code Stages.ReadWords", "1")))
            .Should().Equal("stage: read-words → make-words");

    [Fact]
    public void It_comes_back_from_its_file() =>
        Preimage.FromJson(Of(("a → b", "\"1\"")).ToJson()).Key().Should().Be(Of(("a → b", "\"1\"")).Key());
}
