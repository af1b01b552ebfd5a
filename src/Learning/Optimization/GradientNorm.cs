using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Optimization;

/// <summary>The global 2-norm over all gradients.</summary>
public static class GradientNorm
{
    /// <summary>Scales all gradients so that their norm is at most <paramref name="limit"/> (0: leaves them). Returns the norm before.</summary>
    public static double Clip(IEnumerable<Parameter> parameters, double limit) =>
        nn.utils.clip_grad_norm_(parameters, limit > 0 ? limit : double.MaxValue);
}
