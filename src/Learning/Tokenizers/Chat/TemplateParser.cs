namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A statement of a template, ready to run.</summary>
internal delegate TemplateFlow TemplateStatement(TemplateRun run);

/// <summary>Reads a template's statements: text, output, if, for, set, macro, break, continue. What else Jinja has is refused by name.</summary>
internal sealed class TemplateParser
{
    /// <summary>What a set block wrote, under a name that no template can write.</summary>
    private const string Captured = "{% set %}";

    private readonly TemplateReader reader;
    private readonly ExpressionParser expressions;

    private TemplateParser(TemplateReader reader)
    {
        this.reader = reader;
        expressions = new ExpressionParser(reader);
    }

    /// <exception cref="TokenizerFileException">A construct is not supported, or the template is no template. Names the line.</exception>
    public static TemplateStatement Read(string source, string where)
    {
        var parser = new TemplateParser(new TemplateReader(TemplateLexer.Read(source, where), where));
        return parser.Body([], out _);
    }

    /// <summary>Statements up to a tag of one of these names, which is taken, or up to the end of the template where there are none.</summary>
    private TemplateStatement Body(string[] ends, out string end)
    {
        using var level = reader.Enter();
        var statements = new List<TemplateStatement>();
        var began = reader.Line;
        while (true)
        {
            var token = reader.Take();
            switch (token.Kind)
            {
                case TemplateTokenKind.End when ends.Length == 0:
                    end = "";
                    return Block(statements);
                case TemplateTokenKind.End:
                    throw reader.Error(began, $"begins a block that does not end with {ends[^1]}");
                case TemplateTokenKind.Data:
                    statements.Add(run =>
                    {
                        run.Write(token.Line, token.Text);
                        return TemplateFlow.Next;
                    });
                    break;
                case TemplateTokenKind.Open when token.Text == "{{":
                    var value = expressions.Read();
                    reader.Close("}}");
                    statements.Add(run =>
                    {
                        run.Write(token.Line, TemplateOperations.Text(run, token.Line, value(run)));
                        return TemplateFlow.Next;
                    });
                    break;
                default:
                    var name = reader.Name();
                    if (ends.Contains(name))
                    {
                        end = name;
                        return Block(statements);
                    }
                    statements.Add(Statement(name, token.Line));
                    break;
            }
        }
    }

    private static TemplateStatement Block(List<TemplateStatement> statements) => run =>
    {
        foreach (var statement in statements)
        {
            var flow = statement(run);
            if (flow != TemplateFlow.Next)
                return flow;
        }
        return TemplateFlow.Next;
    };

    private TemplateStatement Statement(string name, int line)
    {
        switch (name)
        {
            case "if":
                return If(line);
            case "for":
                return For(line);
            case "set":
                return Set(line);
            case "macro":
                return Macro(line);
            case "generation":
                reader.Close("%}");
                var inner = Body(["endgeneration"], out _);
                reader.Close("%}");
                return inner;
            case "break" or "continue":
                reader.Close("%}");
                var flow = name == "break" ? TemplateFlow.Break : TemplateFlow.Continue;
                return _ => flow;
            default:
                throw reader.Error(line, $"uses {{% {name} %}}, which is {(name.StartsWith("end", StringComparison.Ordinal) || name is "else" or "elif" ? "not expected here" : "not supported; if, for, set, macro, generation, break, continue and raw are")}");
        }
    }

    private TemplateStatement If(int line)
    {
        var branches = new List<(TemplateExpression Condition, TemplateStatement Body)>();
        TemplateStatement? otherwise = null;
        for (var end = "elif"; end == "elif";)
        {
            var condition = expressions.Read();
            reader.Close("%}");
            branches.Add((condition, Body(["elif", "else", "endif"], out end)));
            if (end != "else")
                continue;
            reader.Close("%}");
            otherwise = Body(["endif"], out end);
        }
        reader.Close("%}");
        return run =>
        {
            foreach (var (condition, body) in branches)
            {
                run.Charge(line);
                if (TemplateOperations.IsTrue(condition(run)))
                    return body(run);
            }
            return otherwise?.Invoke(run) ?? TemplateFlow.Next;
        };
    }

    private TemplateStatement For(int line)
    {
        var names = Names();
        reader.ExpectName("in");
        var list = expressions.Or();
        var filter = reader.TakeName("if") ? expressions.Read() : null;
        if (reader.Current.Is(TemplateTokenKind.Name, "recursive"))
            throw reader.Error(line, "uses a recursive for, which is not supported");
        reader.Close("%}");
        var body = Body(["else", "endfor"], out var end);
        TemplateStatement? otherwise = null;
        if (end == "else")
        {
            reader.Close("%}");
            otherwise = Body(["endfor"], out _);
        }
        reader.Close("%}");
        return run =>
        {
            var items = TemplateOperations.Items(run, line, list(run));
            if (filter is not null)
                items = items.Where(i => run.Within(Bound(run, line, names, i), () => TemplateOperations.IsTrue(filter(run)) ? TemplateFlow.Next : TemplateFlow.Break) == TemplateFlow.Next).ToList();
            if (items.Count == 0)
                return otherwise?.Invoke(run) ?? TemplateFlow.Next;
            for (var i = 0; i < items.Count; i++)
            {
                run.Charge(line, 10);
                var scope = Bound(run, line, names, items[i]);
                scope["loop"] = Loop(items, i);
                if (run.Within(scope, () => body(run)) == TemplateFlow.Break)
                    break;
            }
            return TemplateFlow.Next;
        };
    }

    private static TemplateMap Loop(List<object?> items, int i)
    {
        var loop = new TemplateMap
        {
            ["index0"] = (long)i,
            ["index"] = i + 1L,
            ["first"] = i == 0,
            ["last"] = i == items.Count - 1,
            ["length"] = (long)items.Count,
            ["revindex"] = (long)items.Count - i,
            ["revindex0"] = items.Count - i - 1L,
            ["depth"] = 1L,
            ["depth0"] = 0L,
            ["cycle"] = (TemplateFunction)((run, line, a) => a.Plain.Length > 0 ? a.Plain[i % a.Plain.Length] : throw run.Refuse(line, "no items for cycling given")),
        };
        if (i > 0)
            loop["previtem"] = items[i - 1];
        if (i + 1 < items.Count)
            loop["nextitem"] = items[i + 1];
        return loop;
    }

    private TemplateStatement Set(int line)
    {
        var names = Names();
        var member = names.Length == 1 && reader.TakeOperator(".") ? reader.Name() : null;
        if (!reader.TakeOperator("="))
            return SetBlock(line, names, member);
        var value = expressions.Read();
        if (reader.Current.Is(TemplateTokenKind.Operator, ","))
        {
            var items = new List<TemplateExpression> { value };
            while (reader.TakeOperator(","))
                items.Add(expressions.Read());
            value = run => new TemplateTuple(items.Select(i => i(run)));
        }
        reader.Close("%}");
        return run =>
        {
            run.Charge(line);
            Assign(run, line, names, member, value(run));
            return TemplateFlow.Next;
        };
    }

    private TemplateStatement SetBlock(int line, string[] names, string? member)
    {
        TemplateExpression value = run => run.Look(Captured);
        while (reader.TakeOperator("|"))
            value = expressions.Operands.Filter(value);
        reader.Close("%}");
        var body = Body(["endset"], out _);
        reader.Close("%}");
        return run =>
        {
            run.Set(Captured, run.Made(line, run.Capture(() => run.Within([], () => body(run)))));
            Assign(run, line, names, member, value(run));
            return TemplateFlow.Next;
        };
    }

    private static void Assign(TemplateRun run, int line, string[] names, string? member, object? value)
    {
        if (member is null)
        {
            foreach (var (name, part) in Bound(run, line, names, value))
                run.Set(name, part);
            return;
        }
        if (run.Look(names[0]) is not TemplateNamespace space)
            throw run.Refuse(line, "cannot assign attribute on non-namespace object");
        space.Members[member] = value;
    }

    private static Dictionary<string, object?> Bound(TemplateRun run, int line, string[] names, object? value)
    {
        if (names.Length == 1)
            return new Dictionary<string, object?>(StringComparer.Ordinal) { [names[0]] = value };
        var parts = TemplateOperations.Items(run, line, value);
        if (parts.Count != names.Length)
            throw run.Refuse(line, parts.Count > names.Length ? $"too many values to unpack (expected {names.Length})" : $"not enough values to unpack (expected {names.Length}, got {parts.Count})");
        return names.Zip(parts).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
    }

    private TemplateStatement Macro(int line)
    {
        var name = reader.Name();
        var parameters = new List<(string Name, TemplateExpression? Default)>();
        reader.Expect("(");
        while (!reader.TakeOperator(")"))
        {
            var parameter = reader.Name();
            parameters.Add((parameter, reader.TakeOperator("=") ? expressions.Read() : null));
            if (!reader.Current.Is(TemplateTokenKind.Operator, ")"))
                reader.Expect(",");
        }
        reader.Close("%}");
        var body = Body(["endmacro"], out _);
        reader.Close("%}");
        return run =>
        {
            run.Set(name, (TemplateFunction)((r, at, given) => Call(r, at, name, parameters, body, given)));
            return TemplateFlow.Next;
        };
    }

    private static string Call(TemplateRun run, int line, string name, List<(string Name, TemplateExpression? Default)> parameters, TemplateStatement body, TemplateArguments given)
    {
        if (given.Plain.Length > parameters.Count)
            throw run.Refuse(line, $"macro '{name}' takes not more than {parameters.Count} argument(s)");
        if (given.Named.Keys.FirstOrDefault(k => parameters.All(p => p.Name != k)) is { } unknown)
            throw run.Refuse(line, $"macro '{name}' takes no keyword argument '{unknown}'");
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i];
            arguments[parameter.Name] = i < given.Plain.Length ? given.Plain[i]
                : given.Named.TryGetValue(parameter.Name, out var value) ? value
                : parameter.Default is { } absent ? absent(run)
                : new TemplateUndefined($"parameter '{parameter.Name}' was not provided");
        }
        return run.Call(line, arguments, () => body(run));
    }

    private string[] Names()
    {
        var bracket = reader.TakeOperator("(");
        var names = new List<string> { reader.Name() };
        while (reader.TakeOperator(","))
            names.Add(reader.Name());
        if (bracket)
            reader.Expect(")");
        return [.. names];
    }
}
