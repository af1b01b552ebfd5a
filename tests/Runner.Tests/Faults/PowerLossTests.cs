using System.Text;
using DataflowRlhf.Bench;

namespace DataflowRlhf.Runner.Tests.Faults;

/// <summary>The disk that <c>bench crash --power</c> believes in.</summary>
public sealed class PowerLossTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("power-").FullName;
    private readonly List<string> calls = [];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_was_flushed_with_its_name_outlives_and_nothing_else()
    {
        Directory.CreateDirectory(At("disk"));
        File.WriteAllText(At("disk/old"), "as it was");
        var disk = new DiskModel(At("disk"));
        Opens(3, "disk", "O_RDONLY");
        Opens(5, "disk/flushed.tmp", "O_RDWR|O_CREAT|O_EXCL");
        Writes(5, "disk/flushed.tmp", 0, "whole");
        Flushes(5, "disk/flushed.tmp");
        Calls($"rename({Quoted("disk/flushed.tmp")}, {Quoted("disk/flushed")}) = 0");
        Flushes(3, "disk");
        Writes(5, "disk/flushed", 5, ", and more");
        Opens(6, "disk/named", "O_RDWR|O_CREAT");
        Writes(6, "disk/named", 0, "lost");
        Flushes(6, "disk/named");
        Calls($"unlink({Quoted("disk/old")}) = 0");

        After(disk, PowerLoss.Way.Strict).Should().BeEquivalentTo(new Dictionary<string, string> { ["old"] = "as it was", ["flushed"] = "whole" });
    }

    [Fact]
    public void A_rename_before_the_bytes_are_flushed_may_leave_a_name_without_them()
    {
        Directory.CreateDirectory(At("disk"));
        var disk = new DiskModel(At("disk"));
        Opens(5, "disk/new.tmp", "O_RDWR|O_CREAT");
        Writes(5, "disk/new.tmp", 0, "bytes");
        Calls($"rename({Quoted("disk/new.tmp")}, {Quoted("disk/new")}) = 0");

        After(disk, PowerLoss.Way.Names).Should().ContainKey("new").WhoseValue.Should().NotBe("bytes");
    }

    [Fact]
    public void A_flush_covers_what_was_done_before_it_began()
    {
        Directory.CreateDirectory(At("disk"));
        var disk = new DiskModel(At("disk"));
        Opens(3, "disk", "O_RDONLY");
        Opens(5, "disk/file", "O_RDWR|O_CREAT");
        Flushes(3, "disk");
        Writes(5, "disk/file", 0, "before");
        calls.Add($"2 fsync(5<{Hex(At("disk/file"))}> <unfinished ...>");
        Writes(5, "disk/file", 6, " after");
        calls.Add("2 <... fsync resumed>) = 0");
        calls.Add($"1 pwrite64(5<{Hex(At("disk/file"))}>, {Quote("cut off")}, 7, 12 <unfinished ...>");

        After(disk, PowerLoss.Way.Strict).Should().Equal(new Dictionary<string, string> { ["file"] = "before" });
    }

    private Dictionary<string, string> After(DiskModel disk, PowerLoss.Way way)
    {
        File.WriteAllLines(At("log"), calls);
        PowerLoss.Apply(disk, At("log"), way, new Random(1));
        return Directory.EnumerateFiles(At("disk")).ToDictionary(f => Path.GetFileName(f), f => File.ReadAllText(f, Encoding.Latin1));
    }

    private void Opens(int file, string path, string flags) => Calls($"openat(AT_FDCWD<{Hex("/")}>, {Quoted(path)}, {flags}, 0666) = {file}<{Hex(At(path))}>");

    private void Writes(int file, string path, int from, string text) => Calls($"pwrite64({file}<{Hex(At(path))}>, {Quote(text)}, {text.Length}, {from}) = {text.Length}");

    private void Flushes(int file, string path) => Calls($"fsync({file}<{Hex(At(path))}>) = 0");

    private void Calls(string call) => calls.Add("1 " + call);

    private string At(string path) => Path.Combine(folder, path);

    private string Quoted(string path) => Quote(At(path));

    private static string Quote(string text) => $"\"{Hex(text)}\"";

    private static string Hex(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"\\x{b:x2}"));
}
