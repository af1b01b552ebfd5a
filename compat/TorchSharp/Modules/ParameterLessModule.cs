namespace TorchSharp.Modules;

/// <summary>A module that holds nothing.</summary>
public abstract class ParameterLessModule<T1, TResult> : torch.nn.Module<T1, TResult>
{
    protected ParameterLessModule(string name)
        : base(name)
    {
    }

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true) => throw Refusal("buffer");

    public override void register_parameter(string name, Parameter param) => throw Refusal("parameter");

    public override void register_module(string name, torch.nn.Module submodule) => throw Refusal("submodule");

    private InvalidOperationException Refusal(string what) => new($"Cannot register a {what} on the parameterless module {GetName()}.");
}
