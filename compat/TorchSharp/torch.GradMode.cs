namespace TorchSharp;

public static partial class torch
{
    /// <summary>Sets gradient recording for its thread until it is disposed of.</summary>
    private sealed class GradMode : IDisposable
    {
        private readonly int before = Native.grad_enabled();
        private bool ended;

        public GradMode(bool on) => Native.grad_set_enabled(on ? 1 : 0);

        public void Dispose()
        {
            if (ended)
                return;
            ended = true;
            Native.grad_set_enabled(before);
        }
    }

    public static IDisposable no_grad() => new GradMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);
    public static bool is_grad_enabled() => Native.grad_enabled() != 0;
    public static IDisposable inference_mode(bool mode = true) => new GradMode(!mode && is_grad_enabled());
}
