namespace DataflowRlhf.Stages.World;

/// <summary>A pair as it is labelled, and the gold rewards of its two sides.</summary>
internal sealed record WorldPair(string Prompt, string Chosen, string Rejected, double GoldChosen, double GoldRejected)
{
    /// <summary>gold(chosen) − gold(rejected), as labelled.</summary>
    public double Margin => GoldChosen - GoldRejected;

    public WorldPair Swapped() => new(Prompt, Rejected, Chosen, GoldRejected, GoldChosen);
}
