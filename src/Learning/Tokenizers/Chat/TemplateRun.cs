using System.Runtime.CompilerServices;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>One rendering of a template: its variables, its output, and how much work it has done. A template comes with a downloaded folder, so all three are bounded.</summary>
internal sealed class TemplateRun(string where, Dictionary<string, object?> globals)
{
    /// <summary>The most steps: expressions evaluated, items walked over.</summary>
    public const long MostSteps = 2_000_000;

    /// <summary>The longest text, as output or as a value.</summary>
    public const int LongestText = 4 << 20;

    private const int DeepestCalls = 40;

    private readonly List<Dictionary<string, object?>> scopes = [globals];
    private readonly Stack<StringBuilder> outputs = new([new StringBuilder()]);
    private long steps;
    private long kept;
    private int calls;

    public string Where => where;

    public string Output => outputs.Peek().ToString();

    public ChatTemplateException Refuse(int line, string reason) => new($"{where}, line {line}", reason);

    public TokenizerFileException NotKnown(int line, string what) => TemplateLexer.Error(where, line, what);

    /// <summary>Counts work, and sees to it that there is stack left.</summary>
    public void Charge(int line, long work = 1)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        steps += work;
        if (steps > MostSteps)
            throw NotKnown(line, $"takes more than {MostSteps} steps for one conversation, and was stopped");
    }

    /// <summary>An expression's value, as one step.</summary>
    public object? Step(int line, TemplateExpression value)
    {
        Charge(line);
        return value(this);
    }

    /// <summary>Counts what a text that was made takes up.</summary>
    public string Made(int line, string text)
    {
        Charge(line, 1 + text.Length / 64);
        kept += text.Length;
        if (text.Length > LongestText || kept > 16L * LongestText)
            throw NotKnown(line, $"makes texts of more than {LongestText} characters for one conversation, and was stopped");
        return text;
    }

    /// <summary>Texts put together, with another between them.</summary>
    public string Joined(int line, string between, IEnumerable<string> texts)
    {
        var joined = new StringBuilder();
        var count = 0;
        foreach (var text in texts)
        {
            Charge(line);
            joined.Append(count++ > 0 ? between : "").Append(text);
            if (joined.Length > LongestText)
                break;
        }
        return Made(line, joined.ToString());
    }

    public void Write(int line, string text)
    {
        Charge(line);
        outputs.Peek().Append(text);
        if (outputs.Peek().Length > LongestText)
            throw NotKnown(line, $"writes more than {LongestText} characters for one conversation, and was stopped");
    }

    public object? Look(string name)
    {
        for (var i = scopes.Count - 1; i >= 0; i--)
        {
            if (scopes[i].TryGetValue(name, out var value))
                return value;
        }
        return new TemplateUndefined($"'{name}' is undefined");
    }

    public void Set(string name, object? value) => scopes[^1][name] = value;

    /// <summary>Runs a body whose variables end with it.</summary>
    public TemplateFlow Within(Dictionary<string, object?> scope, Func<TemplateFlow> body)
    {
        scopes.Add(scope);
        try
        {
            return body();
        }
        finally
        {
            scopes.RemoveAt(scopes.Count - 1);
        }
    }

    /// <summary>What a body writes.</summary>
    public string Capture(Action body)
    {
        outputs.Push(new StringBuilder());
        try
        {
            body();
            return outputs.Peek().ToString();
        }
        finally
        {
            outputs.Pop();
        }
    }

    /// <summary>Runs a macro: it sees the template's own variables, not the caller's.</summary>
    public string Call(int line, Dictionary<string, object?> arguments, Action body)
    {
        if (++calls > DeepestCalls)
            throw NotKnown(line, $"calls macros more than {DeepestCalls} deep, and was stopped");
        var callers = scopes.GetRange(1, scopes.Count - 1);
        scopes.RemoveRange(1, callers.Count);
        try
        {
            return Capture(() => Within(arguments, () =>
            {
                body();
                return TemplateFlow.Next;
            }));
        }
        finally
        {
            scopes.AddRange(callers);
            calls--;
        }
    }
}

internal enum TemplateFlow
{
    Next,
    Break,
    Continue,
}
