using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>PPO's clipped value loss.</summary>
public static class ValueLoss
{
    /// <summary>½ max((V − R)², (clamp(V, V_old ± ε) − R)²) of each token. All (tokens).</summary>
    public static Tensor Of(Tensor values, Tensor oldValues, Tensor returns, double clipRange)
    {
        var near = oldValues + (values - oldValues).clamp((TorchSharp.Scalar)(-clipRange), (TorchSharp.Scalar)clipRange);
        return maximum((values - returns).square(), (near - returns).square()) * 0.5;
    }
}
