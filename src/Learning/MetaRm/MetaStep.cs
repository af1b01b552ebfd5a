using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.MetaRm;

/// <summary>MetaRM's step, paper Algorithm 1, first order.</summary>
public static class MetaStep
{
    /// <summary>
    /// Climbs θ' = θ + η ∇J(θ) (12), takes ∇L at θ' (13), and puts θ back bit for bit: the gradient is left in <c>.grad</c> for the optimizer to apply
    /// at θ (14). No trace of θ' remains. With η = 0 it is the plain gradient of L.
    /// </summary>
    /// <param name="parameters">θ; gradients they hold before are lost.</param>
    /// <param name="j">J at the weights as they stand, a scalar.</param>
    /// <param name="pairLoss">L at the weights as they stand, a scalar.</param>
    /// <param name="eta">η, at least 0.</param>
    /// <param name="backward">Back from J and from L; null: their own.</param>
    public static void Run(IReadOnlyList<Parameter> parameters, Func<Tensor> j, Func<Tensor> pairLoss, double eta, Action<Tensor>? backward = null)
    {
        backward ??= loss => loss.backward();
        ArgumentOutOfRangeException.ThrowIfNegative(eta);
        using var scope = NewDisposeScope();
        Clear(parameters);
        backward(j());
        var kept = new Tensor?[parameters.Count];
        try
        {
            Climb(parameters, kept, eta);
            Clear(parameters);
            backward(pairLoss());
        }
        finally
        {
            Restore(parameters, kept);
        }
    }

    private static void Climb(IReadOnlyList<Parameter> parameters, Tensor?[] kept, double eta)
    {
        using var off = no_grad();
        for (var i = 0; i < parameters.Count; i++)
        {
            if (eta == 0 || parameters[i].grad is not { } gradient)
                continue;
            kept[i] = parameters[i].detach().clone();
            parameters[i].add_(gradient, eta);
        }
    }

    private static void Restore(IReadOnlyList<Parameter> parameters, Tensor?[] kept)
    {
        using var off = no_grad();
        for (var i = 0; i < parameters.Count; i++)
            if (kept[i] is { } original)
                parameters[i].copy_(original);
    }

    private static void Clear(IReadOnlyList<Parameter> parameters)
    {
        using var off = no_grad();
        foreach (var parameter in parameters)
            parameter.grad?.zero_();
    }
}
