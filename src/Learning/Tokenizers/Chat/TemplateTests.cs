namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The tests that a template may use: <c>value is name(arguments)</c>.</summary>
internal static class TemplateTests
{
    public delegate bool Test(TemplateRun run, int line, object? value, TemplateArguments arguments);

    public static readonly IReadOnlyDictionary<string, Test> All = Make();

    private static Dictionary<string, Test> Make()
    {
        var tests = new Dictionary<string, Test>(StringComparer.Ordinal)
        {
            ["defined"] = (_, _, v, _) => v is not TemplateUndefined,
            ["undefined"] = (_, _, v, _) => v is TemplateUndefined,
            ["none"] = (_, _, v, _) => v is null,
            ["string"] = (_, _, v, _) => v is string,
            ["mapping"] = (_, _, v, _) => v is TemplateMap,
            ["iterable"] = (_, _, v, _) => v is string or List<object?> or TemplateMap or TemplateUndefined,
            ["sequence"] = (_, _, v, _) => v is string or List<object?> or TemplateMap or TemplateUndefined,
            ["number"] = (_, _, v, _) => v is long or double or bool,
            ["integer"] = (_, _, v, _) => v is long,
            ["float"] = (_, _, v, _) => v is double,
            ["boolean"] = (_, _, v, _) => v is bool,
            ["true"] = (_, _, v, _) => v is true,
            ["false"] = (_, _, v, _) => v is false,
            ["callable"] = (_, _, v, _) => v is TemplateFunction,
            ["lower"] = (run, line, v, _) => TemplateOperations.Text(run, line, v) is var text && text.Any(char.IsLetter) && text == text.ToLowerInvariant(),
            ["upper"] = (run, line, v, _) => TemplateOperations.Text(run, line, v) is var text && text.Any(char.IsLetter) && text == text.ToUpperInvariant(),
            ["even"] = (run, line, v, _) => Remainder(run, line, v, 2L) == 0,
            ["odd"] = (run, line, v, _) => Remainder(run, line, v, 2L) == 1,
            ["divisibleby"] = (run, line, v, a) => Remainder(run, line, v, a.Get(0, "num")) == 0,
            ["in"] = (run, line, v, a) => TemplateOperations.Contains(run, line, v, a.Get(0, "seq")),
            ["sameas"] = (_, _, v, a) => v is null && a.Get(0, "other") is null || v is bool && v.Equals(a.Get(0, "other")) || ReferenceEquals(v, a.Get(0, "other")),
        };
        foreach (var name in new[] { "eq", "equalto", "==" })
            tests[name] = (run, line, v, a) => TemplateOperations.Same(run, line, v, a.Get(0, "other"));
        foreach (var name in new[] { "ne", "!=" })
            tests[name] = (run, line, v, a) => !TemplateOperations.Same(run, line, v, a.Get(0, "other"));
        Order(["lt", "lessthan", "<"], "<", c => c < 0);
        Order(["gt", "greaterthan", ">"], ">", c => c > 0);
        Order(["le", "<="], "<=", c => c <= 0);
        Order(["ge", ">="], ">=", c => c >= 0);
        return tests;

        void Order(string[] names, string op, Func<int, bool> fits)
        {
            foreach (var name in names)
                tests[name] = (run, line, v, a) => fits(TemplateOperations.Compare(run, line, op, v, a.Get(0, "other")));
        }
    }

    private static double Remainder(TemplateRun run, int line, object? value, object? by)
        => TemplateOperations.Number(TemplateOperations.Arithmetic(run, line, "%", value, by)) ?? 0;
}
