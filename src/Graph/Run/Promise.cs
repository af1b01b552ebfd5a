using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>What must hold of a stage's result, such as <c>rows >= 1000</c>, <c>accuracy > 0.65</c> or <c>loss.last &lt; 0.7</c>.</summary>
/// <param name="Of"><c>rows</c>, <c>quarantined</c>, <c>seconds</c>, a key of the summary (dots lead inwards), or a curve's name with .first, .last, .least or .most.</param>
/// <param name="Operator">One of <see cref="Operators"/>.</param>
/// <param name="Bound">What it is compared with.</param>
public sealed record Promise(string Of, string Operator, double Bound)
{
    public static IReadOnlyList<string> Operators { get; } = [">=", "<=", "==", ">", "<"];

    public bool Holds(double value) => Operator switch
    {
        ">=" => value >= Bound,
        "<=" => value <= Bound,
        ">" => value > Bound,
        "<" => value < Bound,
        _ => value == Bound,
    };

    public override string ToString() => $"{Of} {Operator} {Bound.ToString("R", CultureInfo.InvariantCulture)}";
}
