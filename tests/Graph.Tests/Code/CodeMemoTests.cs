namespace DataflowRlhf.Graph.Tests.Code;

public sealed class CodeMemoTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("memo-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Beside(byte[] assembly, string name)
    {
        var beside = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllBytes(Path.Combine(beside, "Mine.dll"), assembly);
        return beside;
    }

    private static byte[] Source(int number) => Compiled.Assembly($"public sealed class S {{ public sealed record Options; public S(Options o) {{ }} public int N() => {number}; }}");

    private CodeReach Remember(string beside)
    {
        var image = new CodeImage(File.ReadAllBytes(Path.Combine(beside, "Mine.dll")), beside, _ => null);
        var graph = new CodeGraph();
        var reach = graph.From(graph.Stage(image.Find("S")!));
        CodeMemo.Write(Path.Combine(folder, "code"), "S", reach);
        return reach;
    }

    private IReadOnlyDictionary<string, string>? Remembered(string beside) => CodeMemo.Read(Path.Combine(folder, "code"), "S", beside);

    [Fact]
    public void It_is_remembered_for_the_same_build_alone()
    {
        var first = Beside(Source(1), "first");
        Remembered(first).Should().BeNull();
        Remember(first).Areas.Should().Equal(Remembered(first)!);
        Remembered(Beside(Source(1), "copy")).Should().NotBeNull("it is the same build in another folder");
        Remembered(Beside(Source(2), "second")).Should().BeNull("it is another build");
        Remembered(Path.Combine(folder, "nowhere")).Should().BeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("S\tabc")]
    [InlineData("S\tabc\n7 lines")]
    public void What_was_cut_off_is_not_taken(string left)
    {
        var beside = Beside(Source(1), "mine");
        Remember(beside);
        File.WriteAllText(Path.Combine(folder, "code", "S.txt"), left);
        Remembered(beside).Should().BeNull();
    }

    [Fact]
    public void Where_nothing_can_be_written_nothing_is_remembered()
    {
        File.WriteAllText(Path.Combine(folder, "code"), "a file where the folder should be");
        var beside = Beside(Source(1), "mine");
        Remember(beside).Areas.Should().NotBeEmpty();
        Remembered(beside).Should().BeNull();
    }
}
