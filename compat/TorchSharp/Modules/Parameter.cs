namespace TorchSharp.Modules;

/// <summary>A trained tensor; takes over the values of the tensor it is made of, which is empty from then on.</summary>
public class Parameter : torch.Tensor
{
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(Taken(data)) => this.requires_grad = requires_grad;

    private static nint Taken(torch.Tensor data)
    {
        var plain = data.detach();
        data.Dispose();
        return plain.DecoupleFromNativeHandle();
    }
}
