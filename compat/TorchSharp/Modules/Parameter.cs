namespace TorchSharp.Modules;

/// <summary>A trained tensor; shares its values with the tensor it is made of.</summary>
public class Parameter : torch.Tensor
{
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(Taken(data)) => this.requires_grad = requires_grad;

    private static nint Taken(torch.Tensor data)
    {
        var plain = data.detach();
        return plain.DecoupleFromNativeHandle();
    }
}
