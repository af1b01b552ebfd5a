using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>PPO's clipped value loss.</summary>
public static class ValueLoss
{
    /// <summary>½ max((V − R)², (clamp(V, V_old ± ε) − R)²) of each token. All (tokens).</summary>
    public static Tensor Of(Tensor values, Tensor oldValues, Tensor returns, double clipRange)
    {
        var (free, near) = Terms(values, oldValues, returns, clipRange);
        return maximum(free, near) * 0.5;
    }

    /// <summary>True where the clipped term is the larger one; its mean is the clip fraction of the values. (tokens), without gradient.</summary>
    public static Tensor Clipped(Tensor values, Tensor oldValues, Tensor returns, double clipRange)
    {
        using var off = no_grad();
        var (free, near) = Terms(values, oldValues, returns, clipRange);
        return near.gt(free);
    }

    private static (Tensor Free, Tensor Near) Terms(Tensor values, Tensor oldValues, Tensor returns, double clipRange)
    {
        var near = oldValues + (values - oldValues).clamp((TorchSharp.Scalar)(-clipRange), (TorchSharp.Scalar)clipRange);
        return ((values - returns).square(), (near - returns).square());
    }
}
