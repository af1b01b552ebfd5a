namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads the expressions of a template: the operators, by Jinja's order of precedence.</summary>
internal sealed class ExpressionParser
{
    private static readonly HashSet<string> Comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private readonly TemplateReader reader;

    public ExpressionParser(TemplateReader reader)
    {
        this.reader = reader;
        Operands = new OperandParser(reader, this);
    }

    /// <summary>What operators stand between.</summary>
    public OperandParser Operands { get; }

    public TemplateExpression Read()
    {
        using var level = reader.Enter();
        var value = Or();
        while (reader.TakeName("if"))
        {
            var (line, then, condition) = (reader.Line, value, Or());
            var otherwise = reader.TakeName("else") ? Read() : _ => new TemplateUndefined("the inline if-expression evaluated to false and no else section was defined.");
            value = run => TemplateOperations.IsTrue(run.Step(line, condition)) ? then(run) : otherwise(run);
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
            left = run => run.Step(line, a) is var value && TemplateOperations.IsTrue(value) ? value : b(run);
        }
        return left;
    }

    private TemplateExpression And()
    {
        var left = Not();
        while (reader.TakeName("and"))
        {
            var (line, a, b) = (reader.Line, left, Not());
            left = run => run.Step(line, a) is var value && TemplateOperations.IsTrue(value) ? b(run) : value;
        }
        return left;
    }

    private TemplateExpression Not()
    {
        if (!reader.TakeName("not"))
            return Comparison();
        using var level = reader.Enter();
        var (line, value) = (reader.Line, Not());
        return run => !TemplateOperations.IsTrue(run.Step(line, value));
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
            var left = run.Step(line, first);
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
                ? run => TemplateOperations.Add(run, op.Line, run.Step(op.Line, a), b(run))
                : run => TemplateOperations.Arithmetic(run, op.Line, "-", run.Step(op.Line, a), b(run));
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
            : run => run.Joined(line, "", parts.Select(p => TemplateOperations.Text(run, line, run.Step(line, p))));
    }

    private TemplateExpression Product()
    {
        var left = Power();
        while (reader.Current is { Kind: TemplateTokenKind.Operator, Text: "*" or "/" or "//" or "%" })
        {
            var op = reader.Take();
            var (a, b) = (left, Power());
            left = run => TemplateOperations.Arithmetic(run, op.Line, op.Text, run.Step(op.Line, a), b(run));
        }
        return left;
    }

    private TemplateExpression Power()
    {
        var left = Unary(filtered: true);
        while (reader.TakeOperator("**"))
        {
            var (line, a, b) = (reader.Line, left, Unary(filtered: true));
            left = run => TemplateOperations.Arithmetic(run, line, "**", run.Step(line, a), b(run));
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
            value = run => TemplateOperations.Negative(run, line, run.Step(line, inner));
        }
        else if (reader.TakeOperator("+"))
        {
            var inner = Unary(filtered: false);
            value = run => TemplateOperations.Arithmetic(run, line, "+", 0L, run.Step(line, inner));
        }
        else
        {
            value = Operands.Read();
        }
        return filtered ? Operands.Filtered(value) : value;
    }
}
