namespace DataflowRlhf.Learning.Training;

/// <summary>A comparison in tokens.</summary>
/// <param name="Prompt">Tokens of the prompt.</param>
/// <param name="Chosen">Tokens of the preferred response, eos included.</param>
/// <param name="Rejected">Tokens of the other.</param>
public sealed record PreferencePair(int[] Prompt, int[] Chosen, int[] Rejected)
{
    /// <summary>The loss's margin m.</summary>
    public float Margin { get; init; }

    /// <summary>The loss's soft label α: 0 hard, 1 flipped.</summary>
    public float Alpha { get; init; }

    /// <summary>Tokens in a packed batch: the prompt counts once.</summary>
    public int Tokens => Prompt.Length + Chosen.Length + Rejected.Length;
}
