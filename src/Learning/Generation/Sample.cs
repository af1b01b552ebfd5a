namespace DataflowRlhf.Learning.Generation;

/// <summary>One sampled response.</summary>
/// <param name="Prompt">Which prompt it answers, from 0.</param>
/// <param name="Ids">Its tokens; the last one is a stop token where <paramref name="Finished"/>.</param>
/// <param name="LogProbs">Natural log-probability of each token under the distribution that it was drawn from (temperature and processors applied).</param>
/// <param name="Finished">A stop token ended it; false: the limit did.</param>
public sealed record Sample(int Prompt, int[] Ids, float[] LogProbs, bool Finished);
