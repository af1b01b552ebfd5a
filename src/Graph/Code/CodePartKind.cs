namespace DataflowRlhf.Graph;

/// <summary>What a <see cref="CodePart"/> is.</summary>
internal enum CodePartKind
{
    /// <summary>A method, with what the compiler wrote for it (closures, state machines).</summary>
    Method,

    /// <summary>A type of which there may be objects: its fields, and every method that is called through a base or an interface.</summary>
    Made,

    /// <summary>A type whose members are found by name, as a serializer does: all of it.</summary>
    Whole,

    /// <summary>A static field, with what sets it at the start.</summary>
    Static,

    /// <summary>An assembly whose code looks up types by name: all of it.</summary>
    Assembly,

    /// <summary>What is embedded in an assembly.</summary>
    Resources,

    /// <summary>A signed assembly: its version.</summary>
    Package,

    /// <summary>A native library that lies beside an assembly.</summary>
    Native,
}
