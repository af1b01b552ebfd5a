namespace DataflowRlhf.Learning.Training;

/// <summary>
/// Seeds and orders for training, drawn from one seed and a path of numbers (epoch, step, pass): nothing is carried from draw to draw,
/// so a run that starts in the middle draws what the undisturbed run would have drawn.
/// </summary>
public static class Chance
{
    /// <summary>A seed of its own for one place of a run, such as (step, pass, view). SplitMix64 over the path.</summary>
    public static ulong At(ulong seed, params ReadOnlySpan<long> path)
    {
        var state = seed;
        var drawn = Next(ref state);
        foreach (var place in path)
        {
            state = drawn ^ (ulong)place;
            drawn = Next(ref state);
        }
        return drawn;
    }

    /// <summary>The numbers 0 … <paramref name="count"/> − 1 in an order of their own for each epoch (Fisher–Yates).</summary>
    public static int[] Order(int count, ulong seed, long epoch)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        var state = At(seed, epoch);
        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)Math.BigMul(Next(ref state), (ulong)(i + 1), out _);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    /// <summary>Gives torch's generators, those of the devices included, the seed of one place: dropout draws from here on are the same in every run.</summary>
    public static void SeedTorch(ulong seed, params ReadOnlySpan<long> path)
    {
        var drawn = (long)(At(seed, path) >> 1);
        using var generator = TorchSharp.torch.manual_seed(drawn);
        if (HasCuda.Value)
            TorchSharp.torch.cuda.manual_seed_all(drawn);
    }

    private static readonly Lazy<bool> HasCuda = new(TorchSharp.torch.cuda.is_available);

    private static ulong Next(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
