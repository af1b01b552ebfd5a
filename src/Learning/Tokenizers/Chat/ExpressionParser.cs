namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>An expression of a template, ready to be evaluated.</summary>
internal delegate object? TemplateExpression(TemplateRun run);

/// <summary>Reads the expressions of a template, by Jinja's order of precedence.</summary>
internal sealed class ExpressionParser(TemplateReader reader)
{
    private static readonly HashSet<string> Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    public TemplateExpression Read()
    {
        using var level = reader.Enter();
        var value = Or();
        while (reader.TakeName("if"))
        {
            var (line, then, condition) = (reader.Line, value, Or());
            var otherwise = reader.TakeName("else") ? Read() : _ => new TemplateUndefined("the inline if-expression evaluated to false and no else section was defined.");
            value = run => Asked(run, line, condition) ? then(run) : otherwise(run);
        }
        return value;
    }

    /// <summary>An expression that is no choice, as the list of a loop.</summary>
    public TemplateExpression Or()
    {
        var left = And();
        while (reader.TakeName("or"))
        {
            var (line, a, b) = (reader.Line, left, And());
            left = run => Step(run, line, a) is var value && TemplateOperations.IsTrue(value) ? value : b(run);
        }
        return left;
    }

    private TemplateExpression And()
    {
        var left = Not();
        while (reader.TakeName("and"))
        {
            var (line, a, b) = (reader.Line, left, Not());
            left = run => Step(run, line, a) is var value && TemplateOperations.IsTrue(value) ? b(run) : value;
        }
        return left;
    }

    private TemplateExpression Not()
    {
        if (!reader.TakeName("not"))
            return Comparison();
        using var level = reader.Enter();
        var (line, value) = (reader.Line, Not());
        return run => !Asked(run, line, value);
    }

    private TemplateExpression Comparison()
    {
        var first = Sum();
        var rest = new List<(string Op, TemplateExpression Value)>();
        var line = reader.Line;
        while (true)
        {
            if (reader.Current.Kind == TemplateTokenKind.Operator && Comparisons.Contains(reader.Current.Text))
                rest.Add((reader.Take().Text, Sum()));
            else if (reader.TakeName("in"))
                rest.Add(("in", Sum()));
            else if (reader.Current.Is(TemplateTokenKind.Name, "not") && reader.Following.Is(TemplateTokenKind.Name, "in"))
                rest.Add((reader.Take().Text + reader.Take().Text, Sum()));
            else
                break;
        }
        if (rest.Count == 0)
            return first;
        return run =>
        {
            var left = Step(run, line, first);
            foreach (var (op, expression) in rest)
            {
                var right = expression(run);
                if (!Compare(run, line, op, left, right))
                    return false;
                left = right;
            }
            return true;
        };
    }

    private static bool Compare(TemplateRun run, int line, string op, object? left, object? right) => op switch
    {
        "==" => TemplateOperations.Same(run, line, left, right),
        "!=" => !TemplateOperations.Same(run, line, left, right),
        "in" => TemplateOperations.Contains(run, line, left, right),
        "notin" => !TemplateOperations.Contains(run, line, left, right),
        "<" => TemplateOperations.Compare(run, line, op, left, right) < 0,
        "<=" => TemplateOperations.Compare(run, line, op, left, right) <= 0,
        ">" => TemplateOperations.Compare(run, line, op, left, right) > 0,
        _ => TemplateOperations.Compare(run, line, op, left, right) >= 0,
    };

    private TemplateExpression Sum()
    {
        var left = Concatenation();
        while (reader.Current is { Kind: TemplateTokenKind.Operator, Text: "+" or "-" })
        {
            var op = reader.Take();
            var (a, b) = (left, Concatenation());
            left = op.Text == "+"
                ? run => TemplateOperations.Add(run, op.Line, Step(run, op.Line, a), b(run))
                : run => TemplateOperations.Arithmetic(run, op.Line, "-", Step(run, op.Line, a), b(run));
        }
        return left;
    }

    private TemplateExpression Concatenation()
    {
        var first = Product();
        var line = reader.Line;
        var parts = new List<TemplateExpression> { first };
        while (reader.TakeOperator("~"))
            parts.Add(Product());
        return parts.Count == 1 ? first
            : run => run.Joined(line, "", parts.Select(p => TemplateOperations.Text(run, line, Step(run, line, p))));
    }

    private TemplateExpression Product()
    {
        var left = Power();
        while (reader.Current is { Kind: TemplateTokenKind.Operator, Text: "*" or "/" or "//" or "%" })
        {
            var op = reader.Take();
            var (a, b) = (left, Power());
            left = run => TemplateOperations.Arithmetic(run, op.Line, op.Text, Step(run, op.Line, a), b(run));
        }
        return left;
    }

    private TemplateExpression Power()
    {
        var left = Unary(filtered: true);
        while (reader.TakeOperator("**"))
        {
            var (line, a, b) = (reader.Line, left, Unary(filtered: true));
            left = run => TemplateOperations.Arithmetic(run, line, "**", Step(run, line, a), b(run));
        }
        return left;
    }

    private TemplateExpression Unary(bool filtered)
    {
        using var level = reader.Enter();
        var line = reader.Line;
        TemplateExpression value;
        if (reader.TakeOperator("-"))
        {
            var inner = Unary(filtered: false);
            value = run => TemplateOperations.Negative(run, line, Step(run, line, inner));
        }
        else if (reader.TakeOperator("+"))
        {
            var inner = Unary(filtered: false);
            value = run => TemplateOperations.Arithmetic(run, line, "+", 0L, Step(run, line, inner));
        }
        else
        {
            value = Behind(Primary());
        }
        return filtered ? Filtered(value) : value;
    }

    private TemplateExpression Primary()
    {
        var token = reader.Take();
        var line = token.Line;
        switch (token.Kind)
        {
            case TemplateTokenKind.Text:
                var text = token.Text;
                while (reader.Current.Kind == TemplateTokenKind.Text)
                    text += reader.Take().Text;
                return _ => text;
            case TemplateTokenKind.Number:
                return _ => token.Value;
            case TemplateTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => _ => true,
                    "false" or "False" => _ => false,
                    "none" or "None" => _ => null,
                    var name => run => Look(run, line, name),
                };
            case TemplateTokenKind.Operator when token.Text == "(":
                return Bracketed();
            case TemplateTokenKind.Operator when token.Text == "[":
                var items = Listed("]");
                return run => items.ConvertAll(i => Step(run, line, i));
            case TemplateTokenKind.Operator when token.Text == "{":
                return Map(line);
            default:
                throw reader.Error(line, token.Kind is TemplateTokenKind.Close or TemplateTokenKind.End ? "ends a tag where a value is expected" : $"has '{token.Text}' where a value is expected");
        }
    }

    private static object? Look(TemplateRun run, int line, string name)
    {
        run.Charge(line);
        return run.Look(name);
    }

    /// <summary>One value in round brackets, or several: a tuple.</summary>
    private TemplateExpression Bracketed()
    {
        if (reader.TakeOperator(")"))
            return _ => new TemplateTuple([]);
        var line = reader.Line;
        var first = Read();
        if (reader.TakeOperator(")"))
            return first;
        reader.Expect(",");
        var items = Listed(")");
        items.Insert(0, first);
        return run => new TemplateTuple(items.Select(i => Step(run, line, i)));
    }

    private List<TemplateExpression> Listed(string close)
    {
        var items = new List<TemplateExpression>();
        while (!reader.TakeOperator(close))
        {
            items.Add(Read());
            if (!reader.Current.Is(TemplateTokenKind.Operator, close))
                reader.Expect(",");
        }
        return items;
    }

    private TemplateExpression Map(int line)
    {
        var items = new List<(TemplateExpression Key, TemplateExpression Value)>();
        while (!reader.TakeOperator("}"))
        {
            var key = Read();
            reader.Expect(":");
            items.Add((key, Read()));
            if (!reader.Current.Is(TemplateTokenKind.Operator, "}"))
                reader.Expect(",");
        }
        return run =>
        {
            var map = new TemplateMap();
            foreach (var (key, value) in items)
                map[Step(run, line, key) as string ?? throw run.NotKnown(line, "has a dictionary with a key that is no text, which is not supported")] = value(run);
            return map;
        };
    }

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
                    TemplateTokenKind.Name => run => TemplateOperations.Member(run, line, Step(run, line, of), name.Text),
                    TemplateTokenKind.Number => run => TemplateOperations.Item(run, line, Step(run, line, of), name.Value),
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
                value = run => Call(run, line, Step(run, line, of), arguments);
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
                parts[colons] = Read();
            }
            else
            {
                throw reader.Error(line, $"has '{reader.Current.Text}' where ] is expected");
            }
        }
        if (colons > 0)
            return run => TemplateOperations.Slice(run, line, Step(run, line, of), parts[0]?.Invoke(run), parts[1]?.Invoke(run), parts[2]?.Invoke(run));
        var key = parts[0] ?? throw reader.Error(line, "has [] without a key");
        return run => TemplateOperations.Item(run, line, Step(run, line, of), key(run));
    }

    /// <summary>Filters and tests behind a value.</summary>
    private TemplateExpression Filtered(TemplateExpression value)
    {
        while (true)
        {
            var (line, of) = (reader.Line, value);
            if (reader.TakeOperator("|"))
                value = Filter(of);
            else if (reader.TakeName("is"))
                value = Test(of);
            else if (reader.TakeOperator("("))
                value = Arguments() is var arguments ? run => Call(run, line, Step(run, line, of), arguments) : of;
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
        return run => filter(run, token.Line, Step(run, token.Line, of), arguments(run));
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
            var argument = Behind(Primary());
            arguments = run => new TemplateArguments([argument(run)], []);
        }
        return run => test(run, token.Line, Step(run, token.Line, of), arguments(run)) != negated;
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
                named.Add((name, Read()));
            }
            else
            {
                plain.Add(Read());
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

    private static bool Asked(TemplateRun run, int line, TemplateExpression value) => TemplateOperations.IsTrue(Step(run, line, value));

    private static object? Step(TemplateRun run, int line, TemplateExpression value)
    {
        run.Charge(line);
        return value(run);
    }
}
