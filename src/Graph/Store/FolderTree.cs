using System.IO.Enumeration;

namespace DataflowRlhf.Graph;

/// <summary>What lies below a folder. Links to folders are not entered: they may lead anywhere, and in a ring without end.</summary>
internal static class FolderTree
{
    private static readonly EnumerationOptions All = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Every file, in no order; the path of each begins as <paramref name="folder"/> does.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IEnumerable<string> Files(string folder) => Below(folder, files: true);

    /// <summary>Every file, folder and link.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IEnumerable<string> Entries(string folder) => Below(folder, files: false);

    private static FileSystemEnumerable<string> Below(string folder, bool files) => new(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), All)
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !files || !entry.IsDirectory,
        ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
    };
}
