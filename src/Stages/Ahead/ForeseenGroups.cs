using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Memory;

namespace DataflowRlhf.Stages.Ahead;

/// <summary>Prompts with their sampled responses, as a stage will leave them.</summary>
/// <param name="Groups">The first of them, or one that none is longer than.</param>
/// <param name="Known">They are what is there, rather than a bound.</param>
internal sealed record ForeseenGroups(IReadOnlyList<GroupLength> Groups, bool Known)
{
    private const int Enough = 4096;

    public static ForeseenGroups Of(ArtifactInput made) =>
        new([.. made.Read(CancellationToken.None).ToBlockingEnumerable()
            .SelectMany(b => b.Get(Columns.PromptIds).ToArray().Zip(b.Get(Columns.ResponseLengths).ToArray()))
            .Select(r => new GroupLength(r.First.Length + r.Second.Sum(), r.Second.Sum(), r.Second.Length)).Take(Enough)], true);
}
