using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>Layer norm where there is a bias, RMS norm where there is none.</summary>
/// <param name="Eps">Added to the variance, or to the mean square.</param>
/// <param name="AddsOne">RMS norm multiplies by 1 + weight rather than by weight.</param>
internal sealed record Norm(Parameter Weight, Parameter? Bias, double Eps, bool AddsOne)
{
    public Tensor Of(Tensor x)
    {
        if (Bias is not null)
            return nn.functional.layer_norm(x, [x.size(-1)], Weight, Bias, Eps);
        // x / √(mean x² + ε) · weight, the statistics in float32.
        var wide = x.dtype == ScalarType.BFloat16 || x.dtype == ScalarType.Float16 ? x.to(ScalarType.Float32) : x;
        var scaled = wide * (wide.square().mean([-1L], true) + Eps).rsqrt();
        return AddsOne ? (scaled * (Weight + 1)).to(x.dtype) : scaled.to(x.dtype) * Weight;
    }
}
