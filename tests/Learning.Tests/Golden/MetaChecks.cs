using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.MetaRm;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>MetaRM's difference loss and its whole step.</summary>
internal static class MetaChecks
{
    private static readonly string[] Names = ["W1", "b1", "w2", "b2"];

    public static Dictionary<string, Action<GoldenCase>> All { get; } = new()
    {
        ["metarm_difference_loss"] = c =>
        {
            var scores = c.Leaf("scores");
            var j = DifferenceLoss.J(scores);
            c.Hold("J", j);
            c.Hold("J_per_prompt", scores.dim() == 1 ? j : stack(scores.unbind(0).Select(DifferenceLoss.J)));
            j.backward();
            c.HoldGradients(("scores", scores));
        },
        ["metarm_step"] = Step,
    };

    private static void Step(GoldenCase c)
    {
        var theta = Names.ToDictionary(n => n, n => new Parameter(c.Of("theta/" + n)));
        Parameter[] all = [.. Names.Select(n => theta[n])];
        // r(x) = w2 · tanh(W1 x + b1) + b2
        Tensor Reward(string x) => (c.Of(x).matmul(theta["W1"].transpose(0, 1)) + theta["b1"]).tanh().matmul(theta["w2"]) + theta["b2"];
        Tensor J() => DifferenceLoss.J(Reward("X_s"));
        Tensor PairLoss() => BradleyTerry.Loss(Reward("X_t_chosen") - Reward("X_t_rejected")).mean();

        c.Hold("scores_s", Reward("X_s"));
        c.Hold("loss_at_theta", PairLoss());
        c.Hold("J", J());
        J().backward();
        foreach (var name in Names)
            c.Hold("dJ_dtheta/" + name, Gradient(theta[name]));

        MetaStep.Run(all, J, () =>
        {
            foreach (var name in Names)
                c.Hold("theta_prime/" + name, theta[name]);
            c.Hold("scores_t_chosen", Reward("X_t_chosen"));
            c.Hold("scores_t_rejected", Reward("X_t_rejected"));
            var loss = PairLoss();
            c.Hold("loss_at_theta_prime", loss);
            return loss;
        }, c.Number("eta"));

        foreach (var name in Names)
        {
            c.Hold("first_order/gradient/" + name, Gradient(theta[name]));
            theta[name].detach().data<double>().ToArray().Should().Equal(c.Numbers("theta/" + name), "θ is back bit for bit");
        }
        using (no_grad())
            foreach (var parameter in all)
                parameter.add_(parameter.grad!, -c.Number("alpha"));
        foreach (var name in Names)
            c.Hold("first_order/theta_new/" + name, theta[name]);
        c.Hold("first_order/J_after", J());
        c.Hold("first_order/loss_after", PairLoss());
    }

    /// <summary>b2 shifts every reward alike, so it has no gradient in J.</summary>
    private static Tensor Gradient(Parameter parameter) => parameter.grad ?? zeros_like(parameter);
}
