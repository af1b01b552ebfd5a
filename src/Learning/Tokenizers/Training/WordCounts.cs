namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The different words of a text collection, as byte tokens, with how often each occurs.</summary>
internal sealed record WordCounts(int[][] Words, long[] Counts);
