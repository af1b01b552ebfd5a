namespace DataflowRlhf.Graph;

/// <summary>What a piece of code reaches.</summary>
/// <param name="Areas">A type, a package or a file → hash of all that is reached in it.</param>
/// <param name="Images">The assemblies that were read for it.</param>
/// <param name="Libraries">The native libraries' files.</param>
internal sealed record CodeReach(SortedDictionary<string, string> Areas, IReadOnlyCollection<CodeImage> Images, IReadOnlyCollection<string> Libraries);
