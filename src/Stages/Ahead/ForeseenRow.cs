namespace DataflowRlhf.Stages.Ahead;

/// <summary>Tokens of a row's prompt and of its two responses, 0 where it has none.</summary>
internal readonly record struct ForeseenRow(int Prompt, int Chosen, int Rejected)
{
    public int Tokens => Prompt + Chosen + Rejected;
}
