namespace DataflowRlhf.Learning.Training;

/// <summary>Cuts the rows of one optimizer step into passes that fit the memory: each pass is one packed batch, forward and backward.</summary>
public static class Passes
{
    /// <summary>
    /// Rows in their order, cut where the next row would go over <paramref name="budget"/> tokens; a single row that is longer is a pass of its own.
    /// </summary>
    /// <param name="rows">What the step holds.</param>
    /// <param name="tokens">Tokens of one row, prompt and branches together.</param>
    /// <param name="budget">Tokens a pass.</param>
    /// <example>Lengths 3, 4, 5, 9, 1 under a budget of 8 give (3, 4), (5), (9), (1).</example>
    public static List<int[]> Cut(IReadOnlyList<int> rows, Func<int, int> tokens, int budget)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(budget);
        var passes = new List<int[]>();
        var open = new List<int>();
        long held = 0;
        foreach (var row in rows)
        {
            var length = tokens(row);
            if (open.Count > 0 && held + length > budget)
            {
                passes.Add([.. open]);
                open.Clear();
                held = 0;
            }
            open.Add(row);
            held += length;
        }
        if (open.Count > 0)
            passes.Add([.. open]);
        return passes;
    }
}
