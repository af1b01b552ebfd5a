namespace DataflowRlhf.Stages.World;

/// <summary>The one thing that a prompt asks besides its wish.</summary>
internal enum Asked
{
    Price,
    Day,
    Shelf,
}
