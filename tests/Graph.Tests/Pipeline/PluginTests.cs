using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace DataflowRlhf.Graph.Tests.Pipeline;

/// <summary>Assemblies that cannot be plugins, made on the spot, and what is said of each.</summary>
public sealed class PluginTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("plugin-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private const TypeAttributes PublicSealed = TypeAttributes.Public | TypeAttributes.Sealed;

    /// <summary>An assembly with one type.</summary>
    private string Made(string type, TypeAttributes attributes, Type parent, string? stage)
    {
        var name = "Made" + Guid.NewGuid().ToString("N");
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
        var builder = assembly.DefineDynamicModule(name).DefineType(type, attributes, parent);
        if (stage is not null)
            builder.SetCustomAttribute(new CustomAttributeBuilder(typeof(StageAttribute).GetConstructors()[0], [stage, "Does nothing."]));
        builder.CreateType();
        var file = Path.Combine(folder, name + ".dll");
        assembly.Save(file);
        return file;
    }

    private string Text(string name, string text)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static string Refusal(string plugin) =>
        FluentActions.Invoking(() => new StageRegistry(typeof(PluginTests).Assembly).With(plugin)).Should().Throw<StageException>().Which.Message;

    [Fact]
    public void What_is_no_assembly_is_told_apart()
    {
        Refusal(Path.Combine(folder, "none.dll")).Should().StartWith("there is no file").And.EndWith("dotnet build");
        Refusal(folder).Should().Contain("is a folder; name the assembly in it");
        Refusal(Text("text.dll", "no code at all")).Should().Be("'text.dll' is not a .NET assembly that runs here. Name the .dll that dotnet build leaves under bin.");
    }

    [Fact]
    public void An_assembly_without_a_stage_is_told_what_a_stage_is()
    {
        Refusal(Made("Plain", PublicSealed, typeof(object), null)).Should().Contain("it is not built against DataflowRlhf.Graph").And.Contain("rlhf new stage");
        Refusal(Made("Part", TypeAttributes.Public | TypeAttributes.Abstract, typeof(Stage), null)).Should().Contain("a public sealed class with [Stage(");
    }

    [Fact]
    public void A_class_that_cannot_stand_in_a_pipeline_is_told_what_it_lacks()
    {
        Refusal(Made("Hidden", TypeAttributes.NotPublic, typeof(object), "hidden")).Should().Be("the stage Hidden is not public. Write: public sealed class Hidden");
        Refusal(Made("Odd", PublicSealed, typeof(object), "odd")).Should().Contain("stage Odd is no Stage. Write: public sealed class Odd : Stage");
        Refusal(Made("Half", TypeAttributes.Public | TypeAttributes.Abstract, typeof(Stage), "half")).Should().Contain("stage Half is abstract");
        Refusal(Made("BadName", PublicSealed, typeof(object), "Bad Name")).Should().Contain("'Bad Name' is no name for a stage").And.Contain("[Stage(\"bad-name\", …)]");
    }

    [Fact]
    public void An_assembly_of_another_version_is_to_be_built_again()
    {
        // A Graph of another version, in a context of its own, and a plugin that refers to it.
        var other = new PersistedAssemblyBuilder(new AssemblyName("DataflowRlhf.Graph") { Version = new Version(9, 9, 0, 0) }, typeof(object).Assembly);
        other.DefineDynamicModule("Graph").DefineType("DataflowRlhf.Graph.Stage", TypeAttributes.Public | TypeAttributes.Abstract).CreateType();
        var file = Path.Combine(folder, "DataflowRlhf.Graph.dll");
        other.Save(file);
        var parent = new AssemblyLoadContext("another Graph").LoadFromAssemblyPath(file).GetType("DataflowRlhf.Graph.Stage")!;
        Refusal(Made("Old", PublicSealed, parent, null)).Should().Contain("was built against version 9.9.0.0 of DataflowRlhf.Graph; this program has 0.").And.Contain("dotnet build -p:Rlhf=");

        Refusal(Made("Unfinished", PublicSealed, typeof(Stage), "unfinished")).Should().Contain("was built against another build of DataflowRlhf.Graph");
    }

    [Fact]
    public void A_name_that_is_taken_is_told_with_both_its_owners()
    {
        var twin = Path.Combine(folder, "Twin.dll");
        File.Copy(typeof(PluginTests).Assembly.Location, twin);
        Refusal(twin).Should().MatchRegex(@"two stages are named '[\w-]+': the program's [\w.]+ and [\w.]+ of Twin.dll. Rename one");
    }

    [Fact]
    public void A_plugin_that_cannot_be_used_is_a_mistake_where_it_is_written()
    {
        Text("text.dll", "no code at all");
        var file = Text("p.yaml", "pipeline: p\nplugins:\n  - none.dll\n  - text.dll\n  - [x]\nstages:\n  a: { uses: emit }\n");
        var mistakes = PipelineFile.Check(file, [], new StageRegistry(typeof(PluginTests).Assembly)).Mistakes;
        mistakes.Select(m => (m.Line, m.Column, m.Where)).Should().Equal((3, 5, "plugins"), (4, 5, "plugins"), (5, 5, "plugins"));
        mistakes[0].Text.Should().Contain(Path.Combine(folder, "none.dll"));
        var one = Text("q.yaml", "pipeline: p\nplugins: none.dll\nstages:\n  a: { uses: emit }\n");
        PipelineFile.Check(one, [], new StageRegistry(typeof(PluginTests).Assembly)).Mistakes.Should().ContainSingle().Which.Write.Should().Be("plugins: [none.dll]");
    }
}
