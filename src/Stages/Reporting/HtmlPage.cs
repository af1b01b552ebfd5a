using System.Text;

namespace DataflowRlhf.Stages.Reporting;

/// <summary>One self-contained page: sections with tables and charts, light or dark as the reader's system is. Loads nothing.</summary>
internal sealed class HtmlPage(string title, string lead)
{
    private const string Style = """
        :root { color-scheme: light dark; --ink:#1d2330; --dim:#667085; --page:#fbfbfd; --card:#fff; --line:#e4e7ec;
          --c0:#3366cc; --c1:#d9534f; --c2:#2e9e6b; --c3:#c27c0e; --c4:#7a52cc; --c5:#0e9aa7; --c6:#b8336a; --c7:#667085; }
        @media (prefers-color-scheme: dark) { :root { --ink:#e6e9ef; --dim:#98a2b3; --page:#12151b; --card:#1a1f28; --line:#2c3340;
          --c0:#7aa2ff; --c1:#ff8a80; --c2:#5fd3a0; --c3:#f0b35a; --c4:#b69cff; --c5:#5fd0dc; --c6:#f08ab4; --c7:#98a2b3; } }
        * { box-sizing:border-box } body { margin:0; background:var(--page); color:var(--ink); font:15px/1.55 system-ui,sans-serif }
        main { max-width:1180px; margin:0 auto; padding:40px 24px 80px } h1 { font-size:30px; margin:0 0 6px; letter-spacing:-.02em }
        .lead { color:var(--dim); max-width:70ch; margin:0 0 28px } h2 { font-size:19px; margin:38px 0 4px } .note { color:var(--dim); margin:0 0 12px; max-width:80ch }
        .grid { display:grid; grid-template-columns:repeat(auto-fit,minmax(420px,1fr)); gap:16px }
        figure,.card { margin:0; background:var(--card); border:1px solid var(--line); border-radius:12px; padding:14px 16px }
        figcaption { font-weight:600; margin-bottom:6px } svg { width:100%; height:auto; display:block } figure:only-child svg { max-width:760px; margin:0 auto }
        table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums } th,td { padding:6px 10px; text-align:right; border-bottom:1px solid var(--line) }
        th { color:var(--dim); font-weight:600 } th:first-child,td:first-child { text-align:left } tr:last-child td { border-bottom:0 }
        .label { font-size:11px; fill:var(--dim) } .axis { font-size:11.5px; fill:var(--ink) } .inside { font-size:11px; fill:#fff }
        line.grid { stroke:var(--line) } .zero { stroke:var(--dim); stroke-dasharray:3 3 } .whisker { stroke:var(--ink); stroke-width:2 }
        .curve { stroke-width:2; stroke-linejoin:round } .win { fill:var(--c2) } .tie { fill:var(--c7) } .lose { fill:var(--c1) }
        """;

    private readonly StringBuilder body = new();

    public HtmlPage Section(string heading, string note)
    {
        body.Append("<h2>").Append(Svg.Text(heading)).Append("</h2><p class='note'>").Append(Svg.Text(note)).Append("</p>");
        return this;
    }

    public HtmlPage Figures(params IEnumerable<(string Caption, string Svg)> figures)
    {
        body.Append("<div class='grid'>");
        foreach (var (caption, svg) in figures)
            body.Append("<figure><figcaption>").Append(Reporting.Svg.Text(caption)).Append("</figcaption>").Append(svg).Append("</figure>");
        body.Append("</div>");
        return this;
    }

    public HtmlPage Table(TextTable table)
    {
        body.Append("<div class='card'><table><tr>");
        foreach (var heading in table.Headings)
            body.Append("<th>").Append(Svg.Text(heading)).Append("</th>");
        body.Append("</tr>");
        foreach (var row in table.Rows)
        {
            body.Append("<tr>");
            foreach (var cell in row)
                body.Append("<td>").Append(Svg.Text(cell)).Append("</td>");
            body.Append("</tr>");
        }
        body.Append("</table></div>");
        return this;
    }

    public override string ToString()
    {
        var colours = string.Concat(Enumerable.Range(0, 8).Select(i => $".curve.c{i}{{stroke:var(--c{i})}}.bar.c{i},.dot.c{i}{{fill:var(--c{i})}}"));
        return $"<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width,initial-scale=1'><title>{Svg.Text(title)}</title>"
            + $"<style>{Style}{colours}</style><main><h1>{Svg.Text(title)}</h1><p class='lead'>{Svg.Text(lead)}</p>{body}</main></html>\n";
    }
}
