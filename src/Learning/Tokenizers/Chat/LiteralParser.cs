namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads the values of a template's expression: texts, numbers, names, lists, dictionaries, and what stands in brackets.</summary>
/// <param name="reader">The tokens.</param>
/// <param name="expressions">Reads what stands in brackets.</param>
internal sealed class LiteralParser(TemplateReader reader, ExpressionParser expressions)
{
    public TemplateExpression Read()
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
                return run => items.ConvertAll(i => run.Step(line, i));
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
        var first = expressions.Read();
        if (reader.TakeOperator(")"))
            return first;
        reader.Expect(",");
        var items = Listed(")");
        items.Insert(0, first);
        return run => new TemplateTuple(items.Select(i => run.Step(line, i)));
    }

    private List<TemplateExpression> Listed(string close)
    {
        var items = new List<TemplateExpression>();
        while (!reader.TakeOperator(close))
        {
            items.Add(expressions.Read());
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
            var key = expressions.Read();
            reader.Expect(":");
            items.Add((key, expressions.Read()));
            if (!reader.Current.Is(TemplateTokenKind.Operator, "}"))
                reader.Expect(",");
        }
        return run =>
        {
            var map = new TemplateMap();
            foreach (var (key, value) in items)
                map[run.Step(line, key) as string ?? throw run.NotKnown(line, "has a dictionary with a key that is no text, which is not supported")] = value(run);
            return map;
        };
    }
}
