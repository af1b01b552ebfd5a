using System.Diagnostics;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class FileMemoTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("memo-").FullName;
    private readonly StoreIndex index;
    private readonly HandClock later = new(TimeProvider.System.GetUtcNow().AddMinutes(1));
    private int reads;

    public FileMemoTests() => index = new StoreIndex(Path.Combine(folder, "index.sqlite"));

    public void Dispose()
    {
        index.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private string Write(string text)
    {
        var file = Path.Combine(folder, "words.txt");
        File.WriteAllText(file, text);
        return file;
    }

    private string Digest(string file, TimeProvider? time = null)
    {
        reads = 0;
        return FileMemo.Digest(file, index, time ?? later, (_, _, _) => reads++);
    }

    [Fact]
    public void A_file_is_read_once()
    {
        var file = Write("one");
        var first = Digest(file);
        reads.Should().Be(1);
        Digest(file).Should().Be(first);
        reads.Should().Be(0);
    }

    [Fact]
    public void One_of_the_same_length_and_time_is_another_all_the_same()
    {
        var file = Write("one");
        var first = Digest(file);
        var time = File.GetLastWriteTimeUtc(file);
        Write("two");
        File.SetLastWriteTimeUtc(file, time);
        Digest(file).Should().NotBe(first);
        // A copy that kept its time, moved into its place.
        var other = file + ".new";
        File.WriteAllText(other, "six");
        File.SetLastWriteTimeUtc(other, time);
        File.Move(other, file, overwrite: true);
        Digest(file).Should().NotBe(first);
        reads.Should().Be(1);
    }

    [Fact]
    public void What_changed_this_moment_is_not_trusted_yet()
    {
        var file = Write("one");
        Digest(file, TimeProvider.System);
        Digest(file, TimeProvider.System);
        reads.Should().Be(1, "the clock of a disk has steps, in which a second change would leave no trace");
    }

    [Fact]
    public void A_file_that_changes_while_it_is_read_is_read_again_and_then_refused()
    {
        var file = Write(new string('x', 40));
        FileMemo.Digest(file, index, later, (_, done, _) =>
        {
            if (reads++ == 0)
                Write(new string('x', 30));
        }).Should().Be(ContentDigest.OfFile(file));
        reads.Should().Be(2);
        Write(new string('x', 35));
        FluentActions.Invoking(() => FileMemo.Digest(file, index, later, (_, _, _) => Write(new string('x', 20 - reads++)))).Should().Throw<IOException>().WithMessage("*words.txt changes while it is read. Run again when it is whole.");
    }

    [Theory]
    [InlineData("/dev/zero", "*is a device, not a plain file.")]
    [InlineData("/dev", "*is a folder, not a plain file.")]
    [InlineData("/proc/self/status", "*has more bytes than it says*")]
    [InlineData("/nowhere/at/all", "*No such file*")]
    public void What_has_no_end_or_is_no_file_is_refused(string path, string says) =>
        FluentActions.Invoking(() => Digest(path)).Should().Throw<IOException>().WithMessage(says);

    [Fact]
    public void A_pipe_is_refused_rather_than_waited_for()
    {
        var pipe = Path.Combine(folder, "pipe");
        using (var make = Process.Start("mkfifo", pipe))
            make.WaitForExit();
        FluentActions.Invoking(() => Digest(pipe)).Should().Throw<IOException>().WithMessage("*is a pipe, not a plain file.");
        File.CreateSymbolicLink(pipe + "-link", pipe);
        FluentActions.Invoking(() => Digest(pipe + "-link")).Should().Throw<IOException>().WithMessage("*is a pipe, not a plain file.");
    }

    [Fact]
    public void A_folder_of_far_too_many_files_is_refused_before_it_is_read()
    {
        var many = Directory.CreateDirectory(Path.Combine(folder, "many")).FullName;
        for (var i = 0; i < 4; i++)
            File.WriteAllText(Path.Combine(many, $"{i}.txt"), "");
        PipelinePaths.Files(many, 4).Should().HaveCount(4);
        foreach (var path in (string[])[many, many + "/*", many + "/?.txt"])
            FluentActions.Invoking(() => PipelinePaths.Files(path, 3)).Should().Throw<IOException>().WithMessage("*are more than 3 files. Name the folder of the data or the model itself.");
    }
}
