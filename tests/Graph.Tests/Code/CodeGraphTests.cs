namespace DataflowRlhf.Graph.Tests.Code;

/// <summary>What stales a stage, and what does not.</summary>
public sealed class CodeGraphTests
{
    private const string Program = """
        public sealed class A { public sealed record Options { public int N { get; init; } = 1; } public A(Options o) { } public int Run(int x) => Go(x); public override string ToString() => Go(1).ToString(); int Go(int x) => Helper.Twice(x) + 1; }
        public sealed class B { public sealed record Options; public B(Options o) { } public override string ToString() => Helper.Twice(2) + Helper.Name + string.Join(',', Tables.Primes) + Shapes.Area(); }
        public static class Helper { public static int Twice(int x) => 2 * x; public static int Thrice(int x) => 3 * x; public const string Name = "helper"; }
        public static class Tables { public static readonly int[] Primes = [2, 3, 5, 7, 11, 13]; public static readonly int[] Squares = [1, 4, 9, 16, 25]; }
        public interface IShape { double Area(); }
        public sealed class Round : IShape { public double Area() => 3.14; }
        public sealed class Square : IShape { public double Area() => 1; }
        public sealed class Unused : IShape { public double Area() => 7; }
        public static class Shapes { public static double Area() { IShape[] all = [new Round(), new Square()]; return all.Sum(s => s.Area()); } }
        """;

    private static readonly Lazy<(string A, string B)> Before = new(() => (Compiled.Version("A", Program), Compiled.Version("B", Program)));

    /// <param name="stales">Which of A and B get another version.</param>
    [Theory]
    [InlineData("Helper.Twice(x) + 1", "Helper.Twice(x) + 2", "A")]
    [InlineData("int N { get; init; } = 1", "int N { get; init; } = 2", "A")]
    [InlineData("int N { get; init; } = 1;", "int N { get; init; } = 1; public int M { get; init; }", "A")]
    [InlineData("Twice(int x) => 2 * x", "Twice(int x) => x + x", "AB")]
    [InlineData("\"helper\"", "\"Helper\"", "B")]
    [InlineData("[2, 3, 5, 7, 11, 13]", "[2, 3, 5, 7, 11, 17]", "B")]
    [InlineData("[1, 4, 9, 16, 25]", "[1, 4, 9, 16, 36]", "")]
    [InlineData("Area() => 3.14", "Area() => 3.14159", "B")]
    [InlineData("Area() => 7", "Area() => 8", "")]
    [InlineData("new Square()", "new Unused()", "B")]
    [InlineData("Thrice(int x) => 3 * x", "Thrice(int x) => x + x + x", "")]
    [InlineData("public static int Thrice", "public static int Fourfold(int x) => 4 * x; public static int Thrice", "")]
    [InlineData("public static class Tables { ", "public static class Tables { public static readonly string New = string.Concat(\"a\", 5.ToString()); ", "")]
    [InlineData("public sealed class A", "public sealed class First { public override string ToString() => \"x\" + new { Q = 1 }; } public sealed class A", "")]
    public void A_change_stales_what_reaches_it(string old, string changed, string stales)
    {
        Program.Should().Contain(old);
        var after = Program.Replace(old, changed);
        var stale = (Compiled.Version("A", after) == Before.Value.A ? "" : "A") + (Compiled.Version("B", after) == Before.Value.B ? "" : "B");
        stale.Should().Be(stales);
    }

    [Fact]
    public void Types_may_stand_in_another_order() =>
        Compiled.Version("B", string.Join('\n', Program.Split('\n').Reverse())).Should().Be(Before.Value.B);

    private const string Written = """
        public static class Early { public static object Of(int x) => EARLY; }
        public sealed class S
        {
            BEFORE
            public sealed record Options;
            public S(Options o) { }
            public override string ToString() => Work(3).Result + string.Concat(Odd(9)) + Anonymous(4) + Local(5) + Word("four") + Async(1).Result;
            static async Task<int> Async(int x) { await Task.Yield(); return x + 10; }
            static async Task<int> Work(int x) { var y = x; await Task.Delay(1); Func<int, int> add = z => z + y; return add(x); }
            static IEnumerable<int> Odd(int x) { for (var i = 1; i < x; i += 2) yield return i; }
            static string Anonymous(int x) => new { Sides = x, Name = "square" }.ToString()!;
            static int Local(int x) { int Inner(int y) => y * x; return Inner(7); }
            static int Word(string w) => w switch { "one" => 1, "two" => 2, "three" => 3, "four" => 4, "five" => 5, "six" => 6, "seven" => 7, _ => 0 };
        }
        """;

    private static string Source(string before, string early) => Written.Replace("BEFORE", before).Replace("EARLY", early);

    [Theory]
    [InlineData("", "new { Title = x, Pages = x }")]
    [InlineData("", "(Func<int>)(() => x)")]
    [InlineData("", "\"abc\" switch { var s when s.Length > x => new[] { 1, 2, 3, 4, 5, 6, 7, 8 }, _ => new[] { 8, 7, 6, 5, 4, 3, 2, 1 } }")]
    [InlineData("public static int First(int q) { int In(int y) => y * q; return new[] { 1, 2 }.Select(z => z + q).Sum(In); } public static async Task Wait(int q) { await Task.Yield(); Console.Write(q); }", "x")]
    [InlineData("public static IEnumerable<int> Even(int x) { for (var i = 0; i < x; i += 2) yield return i; }", "x")]
    public void What_the_compiler_names_anew_stays_the_same(string before, string early) =>
        Compiled.Version("S", Source(before, early)).Should().Be(Compiled.Version("S", Source("", "x")));

    [Theory]
    [InlineData("z => z + y", "z => z - y")]
    [InlineData("i += 2) yield", "i += 3) yield")]
    [InlineData("return x + 10", "return x + 11")]
    [InlineData("Sides = x", "Edges = x")]
    [InlineData("y * x; return", "y / x; return")]
    [InlineData("\"six\" => 6", "\"sixth\" => 6")]
    public void What_the_compiler_wrote_counts(string old, string changed)
    {
        Written.Should().Contain(old);
        Compiled.Version("S", Source("", "x").Replace(old, changed)).Should().NotBe(Compiled.Version("S", Source("", "x")));
    }

    private const string Reflective = """
        public sealed record Kept(int Count) { public string Note { get; init; } = "n"; }
        public sealed class Plain { public int Never() => 1; }
        public sealed class S { public sealed record Options; public S(Options o) { } public override string ToString() => System.Text.Json.JsonSerializer.Serialize(new Kept(1)) + new Plain() + typeof(Probed).Name; }
        public static class Probed { public static int One() => 1; }
        public sealed class ByName { public sealed record Options; public ByName(Options o) { } public override string ToString() => Activator.CreateInstance(Type.GetType("Hidden")!)!.ToString()!; }
        public sealed class Hidden { public override string ToString() => "hidden"; }
        """;

    [Theory]
    [InlineData("S", "Note { get", "Remark { get", true)]
    [InlineData("S", "Never() => 1", "Never() => 2", false)]
    [InlineData("S", "One() => 1", "One() => 2", true)]
    [InlineData("S", "\"hidden\"", "\"seen\"", false)]
    [InlineData("ByName", "\"hidden\"", "\"seen\"", true)]
    public void What_is_found_by_name_at_run_time_counts_whole(string type, string old, string changed, bool stales)
    {
        Reflective.Should().Contain(old);
        (Compiled.Version(type, Reflective.Replace(old, changed)) != Compiled.Version(type, Reflective)).Should().Be(stales);
    }

    private const string Library = "public class Base<T> where T : new() { public virtual T Make() => new T(); } public static class Other { public static int X = 1; } public struct Point { public int X; public override string ToString() => X.ToString(); }";
    private const string User = """
        public sealed class Item { int n = 5; public override string ToString() => n.ToString(); }
        public sealed class Derived : Base<Item> { public override Item Make() => base.Make(); }
        public sealed class S { public sealed record Options; public S(Options o) { } public override string ToString() => new Derived().Make().ToString() + default(Point); }
        """;

    [Theory]
    [InlineData("=> new T();", "{ var made = new T(); return made is null ? default! : made; }", "", "", "Base`1")]
    [InlineData("X = 1", "X = 2", "", "", "")]
    [InlineData("X.ToString()", "X.ToString(\"0\")", "", "", "Point")]
    [InlineData("", "", "n = 5", "n = 6", "Item")]
    public void Libraries_beside_it_are_read_too(string oldLibrary, string newLibrary, string oldUser, string newUser, string areas)
    {
        static string Replace(string source, string old, string changed) => old.Length == 0 ? source : source.Replace(old, changed);
        (Library + User).Contains(oldLibrary + oldUser, StringComparison.Ordinal).Should().BeTrue();
        SortedDictionary<string, string> Of(string library, string user)
        {
            var made = Compiled.Assembly(library, "Library");
            return Compiled.Areas("S", Compiled.Assembly(user, "Mine", references: made), made);
        }
        var (was, now) = (Of(Library, User), Of(Replace(Library, oldLibrary, newLibrary), Replace(User, oldUser, newUser)));
        string.Join(' ', now.Where(a => was.GetValueOrDefault(a.Key) != a.Value).Select(a => a.Key)).Should().Be(areas);
    }

    private const string Generic = """
        public interface IScale { static abstract int Of(int x); }
        public sealed class Tens : IScale { public static int Of(int x) => 10 * x; public override string ToString() => "tens"; }
        public sealed class Made { public override string ToString() => "made"; }
        public sealed class Seen { public override string ToString() => "seen"; }
        public static class Call { public static int Scale<T>(int x) where T : IScale => T.Of(x); public static string Make<T>() where T : new() => new T().ToString()!; public static int Count<T>(List<T> of) => of.Count; }
        public sealed class S { public sealed record Options; public S(Options o) { } public override string ToString() => Call.Scale<Tens>(2) + Call.Make<Made>() + Call.Count(new List<Seen>()); }
        """;

    [Theory]
    [InlineData("10 * x", "100 * x", true)]
    [InlineData("\"made\"", "\"MADE\"", true)]
    [InlineData("\"seen\"", "\"SEEN\"", false)]
    [InlineData("of.Count", "of.Count + 1", true)]
    public void What_a_generic_method_is_made_with_counts_where_it_can_be_used(string old, string changed, bool stales)
    {
        Generic.Should().Contain(old);
        (Compiled.Version("S", Generic.Replace(old, changed)) != Compiled.Version("S", Generic)).Should().Be(stales);
    }

    private const string Stages = """
        [Stage("mine", "Mine.")]
        public sealed class Mine(Mine.Options options) : Stage
        {
            public sealed record Options { [Option("Rows. Default: 1.")] public int Rows { get; init; } = 1; }
            public override StagePorts Ports => new([], Output.Rows(new Column<int>("n")));
            public override Task RunAsync(IStageRun run) => run.EmitAsync(Batch.Of(0, options.Rows).With(new Column<int>("n"), [1])).AsTask();
            public override Outlook? Foresee(IForesight ahead) => new Outlook { Bytes = 5 };
        }
        """;

    [Theory]
    [InlineData("Bytes = 5", "Bytes = 6", false)]
    [InlineData("Rows. Default", "How many rows. Default", false)]
    [InlineData("Mine.\")", "My own.\")", false)]
    [InlineData("Batch.Of(0,", "Batch.Of(1,", true)]
    [InlineData("Output.Rows(new Column<int>(\"n\"))", "Output.Rows(new Column<int>(\"m\"))", true)]
    public void Help_and_forecasts_make_no_artifact(string old, string changed, bool stales)
    {
        Stages.Should().Contain(old);
        (Compiled.Version("Mine", Stages.Replace(old, changed)) != Compiled.Version("Mine", Stages)).Should().Be(stales);
    }

    [Fact]
    public void A_stage_reaches_what_it_uses_of_the_engine_and_no_more()
    {
        var areas = Compiled.Areas("Mine", Compiled.Assembly(Stages)).Keys;
        areas.Should().Contain(["DataflowRlhf.Graph.Batch", "DataflowRlhf.Graph.Column`1", "DataflowRlhf.Graph.IStageRun", "Mine"]);
        areas.Should().NotContain(a => a.Contains("GraphRun") || a.Contains("ArtifactStore") || a.Contains("Yaml") || a.Contains("Planner") || a.Contains("StageRun") && !a.Contains("IStageRun"));
        areas.Should().NotContain(["DataflowRlhf.Graph.DatasetOutput", "DataflowRlhf.Graph.StagePorts"], "how the engine keeps what a stage declares makes no byte");
    }

    [Fact]
    public void A_debugging_build_is_read_as_well() => Compiled.Areas("S", Compiled.Assembly(Source("", "x"), optimize: false)).Should().ContainKey("S");
}
