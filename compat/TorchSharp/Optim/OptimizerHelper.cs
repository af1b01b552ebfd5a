namespace TorchSharp.Modules;

/// <summary>An optimizer whose settings and state can be kept in a file and go on from there.</summary>
public abstract class OptimizerHelper : torch.optim.Optimizer
{
    public void save_state_dict(string location)
    {
        using var writer = new BinaryWriter(File.Create(location));
        save_state_dict(writer);
    }

    public void load_state_dict(string location)
    {
        using var reader = new BinaryReader(File.OpenRead(location));
        load_state_dict(reader);
    }

    /// <summary>Name, number of groups, then rates and settings of each group and the state of each of its parameters.</summary>
    public void save_state_dict(BinaryWriter writer)
    {
        writer.Write(GetType().Name);
        writer.Write(_parameter_groups.Count);
        foreach (var group in _parameter_groups)
        {
            group.Options.SaveStateDict(writer);
            writer.Write(group.Parameters.Count());
            foreach (var parameter in group.Parameters)
                SaveState(writer, parameter);
        }
    }

    /// <exception cref="ArgumentException">It was written by another optimizer, or one of other groups or parameters.</exception>
    public void load_state_dict(BinaryReader reader)
    {
        var (name, groups) = (reader.ReadString(), reader.ReadInt32());
        if (name != GetType().Name)
            throw new ArgumentException($"Mismatched optimizer names: expected '{GetType().Name}', but found '{name}'.");
        if (groups != _parameter_groups.Count)
            throw new ArgumentException($"Mismatched parameter group counts: expected {_parameter_groups.Count}, but found {groups}.");
        foreach (var group in _parameter_groups)
        {
            group.Options.LoadStateDict(reader);
            var (count, own) = (reader.ReadInt32(), group.Parameters.Count());
            if (count != own)
                throw new ArgumentException($"Mismatched parameter counts: expected {own}, but found {count}.");
            foreach (var parameter in group.Parameters)
                LoadState(reader, parameter);
        }
    }

    private protected abstract void SaveState(BinaryWriter writer, Parameter parameter);

    private protected abstract void LoadState(BinaryReader reader, Parameter parameter);
}
