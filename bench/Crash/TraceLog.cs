using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Bench;

/// <summary>Reads what <c>strace</c> noted of one process: every call that makes, changes, names or flushes a file, with all its bytes, in the order of their ends.</summary>
internal static partial class TraceLog
{
    private const string Calls = "openat,open,creat,write,pwrite64,writev,pwritev,ftruncate,truncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,copy_file_range,sendfile,lseek";

    /// <summary>A call that succeeded, or of which it is not known: the process ended in it.</summary>
    /// <param name="Began">The line at which it began; what ended before is covered by it if it flushes.</param>
    /// <param name="Ended">The line at which it ended.</param>
    /// <param name="Words">Its arguments; a text is hexadecimal.</param>
    /// <param name="Result">What it returned; null: it never did.</param>
    public sealed record Call(int Began, int Ended, string Name, IReadOnlyList<string> Words, long? Result)
    {
        /// <summary>A quoted argument as text.</summary>
        public string Text(int word) => Encoding.UTF8.GetString(Bytes(word));

        /// <summary>A quoted argument's bytes.</summary>
        public byte[] Bytes(int word) => Convert.FromHexString(Words[word].Trim('"').Replace("\\x", "", StringComparison.Ordinal));

        /// <summary>The number of an open file.</summary>
        public int File(int word) => int.Parse(Words[word].Split('<')[0], CultureInfo.InvariantCulture);

        public long Number(int word) => long.Parse(Words[word], CultureInfo.InvariantCulture);

        /// <summary>The path behind an open file's number, as the system has it now.</summary>
        public string? Path(int word) => Words[word].Split('<') is [_, var path, ..] && path.StartsWith("\\x", StringComparison.Ordinal)
            ? Encoding.UTF8.GetString(Convert.FromHexString(path.Split('>')[0].Replace("\\x", "", StringComparison.Ordinal))) : null;
    }

    /// <summary>How a command is begun so that it is traced; its process stays the one that was started.</summary>
    public static string[] Command(string log) => ["-D", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "1000000000", "-e", "signal=none", "-e", "trace=" + Calls, "-o", log];

    public static IEnumerable<Call> Read(string log)
    {
        var halves = new Dictionary<string, (int Line, string Text)>();
        var line = 0;
        foreach (var text in File.ReadLines(log))
        {
            line++;
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            var (process, rest) = (text[..space], text[(space + 1)..].TrimStart());
            if (rest.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                halves[process] = (line, rest[..^"<unfinished ...>".Length].TrimEnd());
                continue;
            }
            var began = line;
            if (Resumed().Match(rest) is { Success: true } resumed)
            {
                if (!halves.Remove(process, out var half))
                    continue;
                (began, rest) = (half.Line, half.Text + rest[resumed.Length..]);
            }
            if (Parse(began, line, rest) is { } call)
                yield return call;
        }
        foreach (var (began, text) in halves.Values)
            if (Parse(began, int.MaxValue, text + ") = ?") is { } cut)
                yield return cut;
    }

    private static Call? Parse(int began, int ended, string text)
    {
        if (Whole().Match(text) is not { Success: true } match)
            return null;
        var result = match.Groups[3].Value;
        long? number = result.StartsWith('?') ? null : long.Parse(result.Split('<', ' ')[0], CultureInfo.InvariantCulture);
        return number < 0 ? null : new Call(began, ended, match.Groups[1].Value, match.Groups[2].Value.Split(", "), number);
    }

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(\w+)\((.*)\)\s+= (\?|-?\d+.*)$")]
    private static partial Regex Whole();
}
