using DataflowRlhf.Learning.Losses;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>The contrastive loss of two views with what it needs to keep: SwAV's prototypes and, where batches are small, a queue of past features.</summary>
internal sealed class ContrastiveTerm
{
    private readonly RewardSettings settings;
    private readonly Swav? swav;
    private readonly Tensor[] queues = [];
    private readonly Tensor? filled;

    public ContrastiveTerm(RewardSettings settings, long hidden, Device device)
    {
        this.settings = settings;
        if (settings.Contrast != Contrast.Swav)
            return;
        swav = new Swav(hidden, settings.Prototypes, (long)(settings.Seed >> 1), device);
        if (settings.Queue == 0)
            return;
        queues = [.. Enumerable.Range(0, 2).Select(_ => zeros(settings.Queue, hidden, device: device).DetachFromDisposeScope())];
        filled = zeros(1, ScalarType.Int64).DetachFromDisposeScope();
    }

    public IEnumerable<(string Name, Parameter Parameter)> Parameters =>
        swav is null ? [] : swav.named_parameters().Select(p => ("swav." + p.name, p.parameter));

    public IEnumerable<(string Name, Tensor Value)> Buffers =>
        filled is null ? [] : [("queue.0", queues[0]), ("queue.1", queues[1]), ("queue.filled", filled)];

    /// <summary>The term for two views of the same samples, each (samples, hidden); a scalar.</summary>
    public Tensor Loss(Tensor first, Tensor second)
    {
        if (swav is null)
            return SimCse.Loss(first, second, settings.Temperature);
        if (filled is null)
            return swav.Loss(first, second, settings.Temperature, settings.SinkhornEpsilon, settings.SinkhornIterations);
        var held = Math.Min(filled.item<long>(), settings.Queue);
        var loss = swav.Loss(first, second, settings.Temperature, settings.SinkhornEpsilon, settings.SinkhornIterations,
            queues[0].narrow(0, 0, held), queues[1].narrow(0, 0, held));
        Push(0, first);
        Push(1, second);
        using (no_grad())
            filled.add_(first.shape[0]);
        return loss;
    }

    /// <summary>Newest first; the oldest fall out at the end.</summary>
    private void Push(int view, Tensor features)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var size = settings.Queue;
        var kept = cat([features.detach(), queues[view]], 0).narrow(0, 0, size);
        queues[view].copy_(kept);
    }
}
