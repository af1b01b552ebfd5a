using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Parameters, buffers and modules under names; own ones first, then the submodules' in the order registered.</summary>
        public partial class Module : IDisposable
        {
            private readonly List<(string Name, Parameter Value)> parameters_ = [];
            private readonly List<(string Name, Tensor Value, bool Persistent)> buffers_ = [];
            private readonly List<(string Name, Module Value)> modules_ = [];
            private readonly string name;

            protected Module(string name) => this.name = name;

            public virtual bool training { get; private set; } = true;

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

            public virtual void register_parameter(string name, Parameter param)
            {
                ArgumentNullException.ThrowIfNull(param);
                if (parameters_.Any(p => p.Name == name))
                    throw new InvalidOperationException($"Parameter {name} is already registered.");
                parameters_.Add((name, param));
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                if (buffers_.Any(b => b.Name == name))
                    throw new InvalidOperationException($"Tensor {name} is already registered.");
                buffers_.Add((name, tensor, persistent));
            }

            public virtual void register_module(string name, Module submodule)
            {
                if (modules_.Any(m => m.Name == name))
                    throw new InvalidOperationException($"Sub-module {name} is already registered.");
                if (string.IsNullOrEmpty(name) || name.Contains('.'))
                    throw new ArgumentException($"A submodule's name is not empty and has no '.': '{name}'.", nameof(name));
                // The original's own modules have theirs; somebody's own have their fields registered now.
                if (submodule.GetType().Assembly != typeof(Module).Assembly)
                    submodule.RegisterComponents();
                modules_.Add((name, submodule));
            }

            public void add_module(string name, Module module) => register_module(name, module);

            protected void ClearModules() => modules_.Clear();

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;
            public virtual Parameter? get_parameter(string target) => named_parameters().FirstOrDefault(p => p.name == target).parameter;
            public virtual bool has_buffer(string target) => get_buffer(target) is not null;
            public virtual Tensor? get_buffer(string target) => named_buffers().FirstOrDefault(b => b.name == target).buffer;

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

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                foreach (var (key, value, persistent) in buffers_)
                    if (persistent || include_nonpersistent)
                        yield return (key, value);
                if (!recurse)
                    yield break;
                foreach (var (key, module) in modules_)
                    foreach (var (inner, value) in module.named_buffers(true, include_nonpersistent))
                        yield return ($"{key}.{inner}", value);
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) => named_buffers(recurse, include_nonpersistent).Select(b => b.buffer);

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
                foreach (var (key, value) in named_buffers(include_nonpersistent: false))
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

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var (_, module) in modules_)
                    module.train(train);
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
                    var fresh = (Parameter)new Parameter(moved, old.requires_grad).DetachFromDisposeScope();
                    moved.Dispose();
                    Replace(key, old, fresh);
                    parameters_[i] = (key, fresh);
                    old.Dispose();
                }
                for (var i = 0; i < buffers_.Count; i++)
                {
                    var (key, old, persistent) = buffers_[i];
                    if (Moved(old, type, device)?.DetachFromDisposeScope() is not { } fresh)
                        continue;
                    Replace(key, old, fresh);
                    buffers_[i] = (key, fresh, persistent);
                    old.Dispose();
                }
                foreach (var (_, module) in modules_)
                    module.Move(type, device);
            }

            private static Tensor? Moved(Tensor tensor, ScalarType? type, Device? device)
            {
                var wanted = type is { } t && tensor.is_floating_point() ? t : tensor.dtype;
                var on = device ?? tensor.device;
                if (wanted == tensor.dtype && on.type == tensor.device_type && (on.index < 0 || on.index == tensor.device_index))
                    return null;
                using var plain = tensor.detach();
                return plain.to(wanted, on);
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
                foreach (var (_, buffer, _) in buffers_)
                    buffer.Dispose();
                foreach (var (_, module) in modules_)
                    module.Dispose();
            }
        }
    }
}
