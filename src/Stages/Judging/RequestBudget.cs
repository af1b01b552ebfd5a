namespace DataflowRlhf.Stages.Judging;

/// <summary>Counts requests against a cap. Safe from several threads.</summary>
internal sealed class RequestBudget(int most)
{
    private int spent;

    public int Most => most;

    /// <summary>Requests sent so far.</summary>
    public int Spent => Math.Min(Volatile.Read(ref spent), most);

    /// <summary>Takes one request.</summary>
    /// <exception cref="BudgetSpent">None is left.</exception>
    public void Take()
    {
        if (Interlocked.Increment(ref spent) <= most)
            return;
        Interlocked.Decrement(ref spent);
        throw new BudgetSpent();
    }
}

/// <summary>The cap is reached.</summary>
internal sealed class BudgetSpent : Exception;
