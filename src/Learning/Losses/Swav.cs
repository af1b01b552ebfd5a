using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Losses;

/// <summary>SwAV's prototypes and its swapped loss ℓ(h_t, q_s) + ℓ(h_s, q_t), paper (7)(8).</summary>
public sealed class Swav : nn.Module
{
    private readonly Parameter prototypes;

    /// <param name="hidden">Size of a feature.</param>
    /// <param name="count">K prototypes.</param>
    /// <param name="seed">Of their random start.</param>
    public Swav(long hidden, long count, long seed, Device device)
        : base(nameof(Swav))
    {
        using var off = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        prototypes = new Parameter(SimCse.Unit(randn([count, hidden], generator: generator)).to(device));
        register_parameter(nameof(prototypes), prototypes);
    }

    /// <summary>A scalar. Features and prototypes are brought to length 1 first; codes come from Sinkhorn and carry no gradient.</summary>
    /// <param name="first">(samples, hidden).</param>
    /// <param name="second">(samples, hidden), the other view.</param>
    /// <param name="queueFirst">Past features, (queue, hidden), that join the codes of a small batch; null: none.</param>
    public Tensor Loss(Tensor first, Tensor second, double temperature, double epsilon, int iterations, Tensor? queueFirst = null, Tensor? queueSecond = null) =>
        Loss(first, second, prototypes, temperature, epsilon, iterations, queueFirst, queueSecond);

    /// <summary>As above with prototypes given, (K, hidden).</summary>
    public static Tensor Loss(Tensor first, Tensor second, Tensor prototypes, double temperature, double epsilon, int iterations, Tensor? queueFirst = null, Tensor? queueSecond = null)
    {
        var unit = SimCse.Unit(prototypes).transpose(0, 1);
        var (s, t) = (SimCse.Unit(first).matmul(unit), SimCse.Unit(second).matmul(unit));
        var (codesS, codesT) = (Codes(s, queueFirst, unit, epsilon, iterations), Codes(t, queueSecond, unit, epsilon, iterations));
        return (Swapped(s, codesT, temperature) + Swapped(t, codesS, temperature)).mean();
    }

    private static Tensor Codes(Tensor scores, Tensor? queue, Tensor unit, double epsilon, int iterations)
    {
        if (queue is null || queue.size(0) == 0)
            return Sinkhorn.Codes(scores, epsilon, iterations);
        using var off = no_grad();
        var all = cat([scores.detach(), SimCse.Unit(queue).matmul(unit.detach())], 0);
        return Sinkhorn.Codes(all, epsilon, iterations).narrow(0, 0, scores.size(0));
    }

    private static Tensor Swapped(Tensor scores, Tensor codes, double temperature) => -(codes * (scores / temperature).log_softmax(1)).sum(1);
}
