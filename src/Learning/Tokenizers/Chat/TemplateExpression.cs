namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>An expression of a template, ready to be evaluated.</summary>
internal delegate object? TemplateExpression(TemplateRun run);
