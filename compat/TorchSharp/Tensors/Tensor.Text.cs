using System.Globalization;
using System.Text;

namespace TorchSharp
{
    /// <summary>How a tensor is written out.</summary>
    public enum TensorStringStyle
    {
        Metadata = 0,
        Julia = 1,
        Numpy = 2,
        CSharp = 3,
        Default = 4,
    }

    public static partial class torch
    {
        /// <summary>What <see cref="TorchSharp.TensorStringStyle.Default"/> stands for.</summary>
        public static TensorStringStyle TensorStringStyle { get; set; } = TensorStringStyle.Julia;

        public partial class Tensor
        {
            /// <summary>Shape, type and device.</summary>
            public override string ToString() => $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";

            /// <summary>The values too: Julia's rows below the facts, or numpy's or C#'s nested brackets. Line breaks only where newLine is given or Julia's style needs them.</summary>
            public string ToString(TensorStringStyle style, string? fltFormat = null, int? width = null, CultureInfo? cultureInfo = null, string? newLine = null)
            {
                if (style == TensorStringStyle.Default)
                    style = torch.TensorStringStyle;
                if (style == TensorStringStyle.Metadata)
                    return ToString();
                using var scope = NewDisposeScope();
                var values = detach().cpu();
                var format = (Tensor one) => one.is_floating_point() ? one.ToDouble().ToString(fltFormat ?? "g5", cultureInfo ?? CultureInfo.InvariantCulture)
                    : one.dtype == ScalarType.Bool ? (one.ToBoolean() ? "True" : "False")
                    : one.ToInt64().ToString(CultureInfo.InvariantCulture);
                var text = new StringBuilder();
                if (style == TensorStringStyle.Julia)
                    return Rows(text.Append(ToString()), values, format, newLine ?? "\n").ToString();
                return Nested(text, values, format, style == TensorStringStyle.CSharp ? ("{", "}", ", ") : ("[", "]", " "), newLine ?? "").ToString();
            }

            private static StringBuilder Rows(StringBuilder text, Tensor values, Func<Tensor, string> format, string newLine)
            {
                if (values.ndim > 2)
                {
                    for (var i = 0; i < values.size(0); i++)
                        Rows(text, values.select(0, i), format, newLine);
                    return text;
                }
                if (values.ndim < 2)
                    values = values.reshape(1, -1);
                for (var row = 0; row < values.size(0); row++)
                {
                    text.Append(newLine);
                    for (var column = 0; column < values.size(1); column++)
                        text.Append(' ').Append(format(values[row, column]));
                }
                return text;
            }

            private static StringBuilder Nested(StringBuilder text, Tensor values, Func<Tensor, string> format, (string Open, string Close, string Between) marks, string newLine)
            {
                if (values.ndim == 0)
                    return text.Append(format(values));
                text.Append(marks.Open);
                for (var i = 0; i < values.size(0); i++)
                    Nested(i == 0 ? text : text.Append(marks.Between).Append(values.ndim > 1 ? newLine : ""), values.select(0, i), format, marks, newLine);
                return text.Append(marks.Close);
            }
        }
    }
}
