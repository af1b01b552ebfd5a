using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>The folder of a tiny Llama, and hands to spoil it with.</summary>
public abstract class TinyFolder : IDisposable
{
    protected readonly string folder = Directory.CreateTempSubdirectory("model-").FullName;

    protected TinyFolder()
    {
        using var model = Tiny.Language();
        ModelFolder.Save(model, folder, null, "# tiny\n");
    }

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string Weights => Path.Combine(folder, "model.safetensors");

    protected string Config => Path.Combine(folder, "config.json");

    protected void Configure(string name, JsonNode? value)
    {
        var config = JsonNode.Parse(File.ReadAllText(Config))!;
        config[name] = value;
        File.WriteAllText(Config, config.ToJsonString());
    }

    protected void Rewrite(Func<List<(string Name, Tensor Value)>, IEnumerable<(string, Tensor)>> change)
    {
        using var scope = NewDisposeScope();
        List<(string, Tensor)> all;
        using (var reader = SafetensorsReader.Open(Weights))
            all = [.. reader.Names.Select(n => (n, reader.ReadTensor(n)))];
        SafetensorsWriter.Write(Weights, change(all), null);
    }

    protected void Refused(string message) => FluentActions.Invoking(() => ModelFolder.LoadCausalLm(folder, CPU).Dispose())
        .Should().Throw<ModelFolderException>().WithMessage(message).Which.Message.Should().Contain(folder).And.NotContain("\n");
}
