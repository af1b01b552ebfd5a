namespace DataflowRlhf.Graph;

/// <summary>The key <c>plugins:</c> of a pipeline file: assemblies by their paths from the file. Nothing is filled in, so that no override can name code to run.</summary>
internal static class PluginList
{
    /// <summary>The registry with the stages of all that can be loaded; what cannot is a mistake where it is written.</summary>
    public static StageRegistry Extend(StageRegistry registry, YamlMap top, string file, List<Mistake> mistakes)
    {
        var item = top.Find("plugins");
        if (item is null)
            return registry;
        if (item is not YamlList list)
        {
            mistakes.Add(new Mistake(item.Line, item.Column, "plugins", "is a list of assemblies.", $"plugins: [{(item is YamlText { Value.Length: > 0 } one ? one.Value : "my-stage/bin/MyStage.dll")}]"));
            return registry;
        }
        foreach (var each in list.Items)
        {
            if (each is not YamlText { Value.Length: > 0 } path)
            {
                mistakes.Add(new Mistake(each.Line, each.Column, "plugins", "takes the path of an assembly, from this file's folder.", "plugins: [my-stage/bin/MyStage.dll]"));
                continue;
            }
            try
            {
                registry = registry.With(Path.Combine(Path.GetDirectoryName(file)!, path.Value));
            }
            catch (Exception wrong) when (wrong is StageException or ArgumentException)
            {
                mistakes.Add(new Mistake(path.Line, path.Column, "plugins", wrong.Message));
            }
        }
        return registry;
    }
}
