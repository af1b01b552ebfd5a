namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads what stands between the operators of a template's expression: values, what hangs behind them, filters and tests.</summary>
/// <param name="reader">The tokens.</param>
/// <param name="expressions">Reads what stands in brackets.</param>
internal sealed class OperandParser(TemplateReader reader, ExpressionParser expressions)
{
    private readonly LiteralParser literals = new(reader, expressions);

    /// <summary>A value with its members, items and calls.</summary>
    public TemplateExpression Read() => Behind(literals.Read());

    /// <summary>Members, items, slices and calls behind a value.</summary>
    private TemplateExpression Behind(TemplateExpression value)
    {
        while (true)
        {
            var (line, of) = (reader.Line, value);
            if (reader.TakeOperator("."))
            {
                var name = reader.Take();
                value = name.Kind switch
                {
                    TemplateTokenKind.Name => run => TemplateOperations.Member(run, line, run.Step(line, of), name.Text),
                    TemplateTokenKind.Number => run => TemplateOperations.Item(run, line, run.Step(line, of), name.Value),
                    _ => throw reader.Error(line, $"has '{name.Text}' where the name of a member is expected"),
                };
            }
            else if (reader.TakeOperator("["))
            {
                value = Subscript(of, line);
            }
            else if (reader.TakeOperator("("))
            {
                var arguments = Arguments();
                value = run => Call(run, line, run.Step(line, of), arguments);
            }
            else
            {
                return value;
            }
        }
    }

    private TemplateExpression Subscript(TemplateExpression of, int line)
    {
        var parts = new TemplateExpression?[3];
        var colons = 0;
        while (!reader.TakeOperator("]"))
        {
            if (reader.TakeOperator(":"))
            {
                if (++colons > 2)
                    throw reader.Error(line, "has a slice of more than three parts");
            }
            else if (parts[colons] is null)
            {
                parts[colons] = expressions.Read();
            }
            else
            {
                throw reader.Error(line, $"has '{reader.Current.Text}' where ] is expected");
            }
        }
        if (colons > 0)
            return run => TemplateOperations.Slice(run, line, run.Step(line, of), parts[0]?.Invoke(run), parts[1]?.Invoke(run), parts[2]?.Invoke(run));
        var key = parts[0] ?? throw reader.Error(line, "has [] without a key");
        return run => TemplateOperations.Item(run, line, run.Step(line, of), key(run));
    }

    /// <summary>Filters and tests behind a value.</summary>
    public TemplateExpression Filtered(TemplateExpression value)
    {
        while (true)
        {
            var (line, of) = (reader.Line, value);
            if (reader.TakeOperator("|"))
                value = Filter(of);
            else if (reader.TakeName("is"))
                value = Test(of);
            else if (reader.TakeOperator("("))
                value = Arguments() is var arguments ? run => Call(run, line, run.Step(line, of), arguments) : of;
            else
                return value;
        }
    }

    /// <summary>A filter, behind its bar.</summary>
    public TemplateExpression Filter(TemplateExpression of)
    {
        var token = reader.Take();
        if (!TemplateFilters.All.TryGetValue(token.Text, out var filter) || token.Kind != TemplateTokenKind.Name)
            throw reader.Error(token.Line, $"uses the filter '{token.Text}', which is not supported; {string.Join(", ", TemplateFilters.All.Keys.Order(StringComparer.Ordinal))} are");
        var arguments = reader.TakeOperator("(") ? Arguments() : _ => TemplateArguments.None;
        return run => filter(run, token.Line, run.Step(token.Line, of), arguments(run));
    }

    private TemplateExpression Test(TemplateExpression of)
    {
        var negated = reader.TakeName("not");
        var token = reader.Take();
        if (!TemplateTests.All.TryGetValue(token.Text, out var test) || token.Kind != TemplateTokenKind.Name)
            throw reader.Error(token.Line, $"uses the test '{token.Text}', which is not supported; {string.Join(", ", TemplateTests.All.Keys.Where(k => char.IsLetter(k[0])).Order(StringComparer.Ordinal))} are");
        Func<TemplateRun, TemplateArguments> arguments = _ => TemplateArguments.None;
        if (reader.TakeOperator("("))
        {
            arguments = Arguments();
        }
        else if (BeginsArgument())
        {
            var argument = Read();
            arguments = run => new TemplateArguments([argument(run)], []);
        }
        return run => test(run, token.Line, run.Step(token.Line, of), arguments(run)) != negated;
    }

    private bool BeginsArgument() => reader.Current switch
    {
        { Kind: TemplateTokenKind.Text or TemplateTokenKind.Number } => true,
        { Kind: TemplateTokenKind.Operator, Text: "[" or "{" } => true,
        { Kind: TemplateTokenKind.Name, Text: var name } => name is not ("else" or "or" or "and" or "is" or "if" or "in" or "not"),
        _ => false,
    };

    /// <summary>The arguments of a call, behind its opening bracket.</summary>
    private Func<TemplateRun, TemplateArguments> Arguments()
    {
        var plain = new List<TemplateExpression>();
        var named = new List<(string Name, TemplateExpression Value)>();
        while (!reader.TakeOperator(")"))
        {
            if (reader.Current is { Kind: TemplateTokenKind.Operator, Text: "*" or "**" })
                throw reader.Error(reader.Line, "passes arguments on with *, which is not supported");
            if (reader.Current.Kind == TemplateTokenKind.Name && reader.Following.Is(TemplateTokenKind.Operator, "="))
            {
                var name = reader.Take().Text;
                reader.Take();
                named.Add((name, expressions.Read()));
            }
            else
            {
                plain.Add(expressions.Read());
            }
            if (!reader.Current.Is(TemplateTokenKind.Operator, ")"))
                reader.Expect(",");
        }
        return run =>
        {
            var values = new Dictionary<string, object?>(StringComparer.Ordinal);
            foreach (var (name, value) in named)
                values[name] = value(run);
            return new TemplateArguments([.. plain.Select(p => p(run))], values);
        };
    }

    private static object? Call(TemplateRun run, int line, object? function, Func<TemplateRun, TemplateArguments> arguments)
    {
        run.Charge(line);
        return function switch
        {
            TemplateFunction known => known(run, line, arguments(run)),
            TemplateUndefined undefined => throw run.Refuse(line, undefined.Message),
            _ => throw run.Refuse(line, $"'{TemplateOperations.TypeName(function)}' object is not callable"),
        };
    }
}
