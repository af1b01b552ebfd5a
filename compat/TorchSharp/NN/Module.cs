using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

/// <summary>Renames a field's component.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ComponentNameAttribute : Attribute
{
    public string? Name { get; set; }
}

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Parameters, buffers and modules under names; own ones first, then the submodules' in the order registered.</summary>
        public class Module : IDisposable
        {
            private readonly List<(string Name, Parameter Value)> parameters_ = [];
            private readonly List<(string Name, Tensor Value)> buffers_ = [];
            private readonly List<(string Name, Module Value)> modules_ = [];
            private readonly string name;

            protected Module(string name) => this.name = name;

            public bool training { get; private set; } = true;

            public virtual string GetName() => name;

            /// <summary>Registers instance fields, private ones too: parameters, tensors as buffers, modules; the field's name is the key.</summary>
            protected virtual void RegisterComponents()
            {
                foreach (var field in Fields(GetType()))
                {
                    var key = field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
                    switch (field.GetValue(this))
                    {
                        case Parameter parameter when parameters_.All(p => p.Name != key):
                            register_parameter(key, parameter);
                            break;
                        case Module module when modules_.All(m => m.Name != key):
                            register_module(key, module);
                            break;
                        case Tensor tensor when tensor is not Modules.Parameter && buffers_.All(b => b.Name != key):
                            register_buffer(key, tensor);
                            break;
                    }
                }
            }

            private static IEnumerable<FieldInfo> Fields(Type type)
            {
                var all = new List<FieldInfo>();
                for (var at = type; at is not null && at != typeof(Module) && at != typeof(object); at = at.BaseType)
                    all.InsertRange(0, at.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
                return all;
            }

            public virtual void register_parameter(string name, Parameter? param)
            {
                if (param is not null)
                    parameters_.Add((name, (Parameter)param.DetachFromDisposeScope()));
            }

            public virtual void register_buffer(string name, Tensor? tensor, bool persistent = true)
            {
                if (tensor is not null)
                    buffers_.Add((name, tensor.DetachFromDisposeScope()));
            }

            public virtual void register_module(string name, Module submodule) => modules_.Add((name, submodule));

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<nint>();
                return Walk(recurse, m => m.parameters_, seen);
            }

            private IEnumerable<(string, Parameter)> Walk(bool recurse, Func<Module, List<(string Name, Parameter Value)>> of, HashSet<nint> seen)
            {
                foreach (var (key, value) in of(this))
                    if (seen.Add(value.Handle))
                        yield return (key, value);
                if (!recurse)
                    yield break;
                foreach (var (key, module) in modules_)
                    foreach (var (inner, value) in module.Walk(true, of, seen))
                        yield return ($"{key}.{inner}", value);
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true) =>
                buffers_.Select(b => (b.Name, b.Value)).Concat(recurse ? modules_.SelectMany(m => m.Value.named_buffers().Select(b => ($"{m.Name}.{b.name}", b.buffer))) : []);

            public virtual IEnumerable<Tensor> buffers(bool recurse = true) => named_buffers(recurse).Select(b => b.buffer);

            public virtual IEnumerable<(string name, Module module)> named_children() => modules_.Select(m => (m.Name, m.Value));

            public virtual IEnumerable<(string name, Module module)> named_modules() =>
                modules_.SelectMany(m => m.Value.named_modules().Select(n => ($"{m.Name}.{n.name}", n.module)).Prepend((m.Name, m.Value)));

            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module).Prepend(this);

            public virtual IEnumerable<Module> children() => modules_.Select(m => m.Value);

            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                foreach (var (key, value) in named_parameters())
                    destination[Joined(prefix, key)] = value;
                foreach (var (key, value) in named_buffers())
                    destination[Joined(prefix, key)] = value;
                return destination;
            }

            private static string Joined(string? prefix, string key) => string.IsNullOrEmpty(prefix) ? key : prefix + "." + key;

            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                var mine = state_dict();
                List<string> missing = [.. mine.Keys.Where(k => !source.ContainsKey(k) && skip?.Contains(k) != true)];
                List<string> unexpected = [.. source.Keys.Where(k => !mine.ContainsKey(k) && skip?.Contains(k) != true)];
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException("The loaded state_dict is not identical to the target dictionary.");
                using var off = no_grad();
                foreach (var (key, value) in mine)
                    if (source.TryGetValue(key, out var given) && skip?.Contains(key) != true)
                        value.copy_(given);
                return (missing, unexpected);
            }

            public virtual void train(bool on = true)
            {
                training = on;
                foreach (var (_, module) in modules_)
                    module.train(on);
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    if (set_to_none)
                        parameter.grad = null;
                    else if (parameter.grad is { } grad)
                        using (grad)
                            grad.zero_();
                }
            }

            public virtual Module apply(Action<Module> fn)
            {
                foreach (var (_, module) in modules_)
                    module.apply(fn);
                fn(this);
                return this;
            }

            internal void Move(ScalarType? type, Device? device)
            {
                using var off = no_grad();
                for (var i = 0; i < parameters_.Count; i++)
                {
                    var (key, old) = parameters_[i];
                    var moved = Moved(old, type, device);
                    if (moved is null)
                        continue;
                    var fresh = new Parameter(moved, old.requires_grad);
                    Replace(key, old, fresh);
                    parameters_[i] = (key, fresh);
                    old.Dispose();
                }
                for (var i = 0; i < buffers_.Count; i++)
                {
                    var (key, old) = buffers_[i];
                    if (Moved(old, type, device)?.DetachFromDisposeScope() is not { } fresh)
                        continue;
                    Replace(key, old, fresh);
                    buffers_[i] = (key, fresh);
                    old.Dispose();
                }
                foreach (var (_, module) in modules_)
                    module.Move(type, device);
            }

            private static Tensor? Moved(Tensor tensor, ScalarType? type, Device? device)
            {
                var wanted = type is { } t && tensor.is_floating_point() ? t : tensor.dtype;
                var on = device ?? tensor.device;
                return wanted == tensor.dtype && on.type == tensor.device_type && (on.index < 0 || on.index == tensor.device_index) ? null : tensor.detach().to(wanted, on);
            }

            private void Replace(string key, Tensor old, Tensor fresh)
            {
                foreach (var field in Fields(GetType()).Where(f => ReferenceEquals(f.GetValue(this), old)))
                    field.SetValue(this, fresh);
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing)
                    return;
                foreach (var (_, parameter) in parameters_)
                    parameter.Dispose();
                foreach (var (_, buffer) in buffers_)
                    buffer.Dispose();
                foreach (var (_, module) in modules_)
                    module.Dispose();
            }
        }

        /// <summary>A module of one argument.</summary>
        public abstract class Module<T, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T input);

            public TResult call(T input) => forward(input);
        }

        /// <summary>A module of two arguments.</summary>
        public abstract class Module<T1, T2, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T1 input1, T2 input2);

            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }
    }
}

/// <summary>Moves modules, keeping their own type.</summary>
public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, torch.ScalarType type) where T : torch.nn.Module
    {
        module.Move(type, null);
        return module;
    }

    public static T to<T>(this T module, torch.Device device) where T : torch.nn.Module
    {
        module.Move(null, device);
        return module;
    }

    public static T to<T>(this T module, torch.Device device, torch.ScalarType type) where T : torch.nn.Module
    {
        module.Move(type, device);
        return module;
    }
}
