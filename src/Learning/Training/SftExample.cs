namespace DataflowRlhf.Learning.Training;

/// <summary>A prompt with the response to imitate, in tokens, eos included.</summary>
public sealed record SftExample(int[] Prompt, int[] Response);
