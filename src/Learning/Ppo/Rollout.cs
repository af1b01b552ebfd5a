namespace DataflowRlhf.Learning.Ppo;

/// <summary>One sampled response with all that an update needs; arrays hold one entry a response token.</summary>
/// <param name="PromptIndex">Which of the iteration's prompts it answers.</param>
internal sealed record Rollout(int PromptIndex, int[] Response, bool Finished)
{
    /// <summary>That prompt's tokens; neighbours that share the very array are packed together.</summary>
    public int[] Prompt { get; set; } = [];

    /// <summary>The reward model's score as given.</summary>
    public float Score { get; set; }

    /// <summary>log π_old of each token.</summary>
    public float[] LogProbs { get; set; } = [];

    /// <summary>log π_ref of each token.</summary>
    public float[] ReferenceLogProbs { get; set; } = [];

    /// <summary>V of the state before each token.</summary>
    public float[] Values { get; set; } = [];
    public float[] Advantages { get; set; } = [];
    public float[] Returns { get; set; } = [];
}
