"""Tables as Markdown, LaTeX and HTML.

The best figure of a column is bold, the second best underlined.
"""

import html
import math
import re
from collections.abc import Callable, Mapping, Sequence

from dynascene.evaluation.table import Table

NUMBER = re.compile(r"[+−-]?(\d+(\.\d*)?(e[+-]?\d+)?|inf)")
LATEX_SIGNS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "−": "$-$", "–": "--", "°": r"$^\circ$",
    "é": r"\'e", "×": r"$\times$",
}  # fmt: skip

Mark = Callable[[str], str]


def marked_rows(table: Table, best: Mark, second: Mark, escape: Mark) -> list[list[str]]:
    """The rows with their best and second best figures marked.

    Numbers are compared as they are shown, so equal ones share a mark; a column in which all are
    equal has none.

    Args:
        table: whose ``better`` says which columns are compared.
        best, second: mark a figure.
        escape: makes a text safe for the format.
    """
    rows = [[escape(text) for text in row] for row in table.rows]
    for column, better in enumerate(table.better):
        if not better:
            continue
        values = [_value(row[column]) for row in table.rows]
        ranks = sorted({v for v in values if not math.isnan(v)}, reverse=better == "higher")
        if len(ranks) < 2:
            continue
        for row, value in zip(rows, values, strict=True):
            if value in ranks[:2]:
                figure, gap, interval = row[column].partition(" ")
                mark = best if value == ranks[0] else second
                row[column] = f"{mark(figure)}{gap}{interval}"
    return rows


def markdown_page(tables: Sequence[Table], heading: str, notes: Sequence[str]) -> str:
    """A page with all tables."""
    parts = [f"# {heading}", *notes]
    for table in tables:
        rows = marked_rows(table, "**{}**".format, "<u>{}</u>".format, markdown_text)
        columns = [*map(markdown_text, table.columns)]
        lines = [columns, ["---"] * len(columns), *rows]
        parts.append(f"## {table.title}")
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    return "\n\n".join(parts) + "\n"


def latex_page(tables: Sequence[Table], heading: str, notes: Sequence[str]) -> str:
    r"""Tables to be read by ``\input``: ``booktabs`` is needed, and stands in a comment."""
    parts = [f"% {heading}", *(f"% {note}" for note in notes), r"% \usepackage{booktabs}"]
    for table in tables:
        rows = marked_rows(table, r"\textbf{{{}}}".format, r"\underline{{{}}}".format, latex_text)
        body = [" & ".join(row) + r" \\" for row in rows]
        parts += [
            r"\begin{table}",
            rf"\caption{{{latex_text(table.title)}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
            r"\toprule",
            " & ".join(map(latex_text, table.columns)) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    return "\n".join(parts) + "\n"


def html_page(tables: Sequence[Table], heading: str, notes: Sequence[str]) -> str:
    """A page that stands alone."""
    title = html.escape(heading)
    parts = [
        "<!doctype html>",
        f'<html lang="en"><meta charset="utf-8"><title>{title}</title>',
        "<style>body{font-family:sans-serif}table{border-collapse:collapse}"
        "td,th{padding:.2em .6em;text-align:right}td:first-child,th:first-child{text-align:left}"
        "tr{border-bottom:1px solid #ccc}</style>",
        f"<h1>{title}</h1>",
        *(f"<p>{html.escape(note)}</p>" for note in notes),
    ]
    for table in tables:
        rows = marked_rows(table, "<b>{}</b>".format, "<u>{}</u>".format, html.escape)
        parts.append(f"<h2>{html.escape(table.title)}</h2>")
        parts.append("<table>" + _html_row(map(html.escape, table.columns), "th"))
        parts += [_html_row(row, "td") for row in rows]
        parts.append("</table>")
    return "\n".join([*parts, "</html>"]) + "\n"


PAGES: Mapping[str, Callable[[Sequence[Table], str, Sequence[str]], str]] = {
    "table.md": markdown_page,
    "table.tex": latex_page,
    "table.html": html_page,
}


def latex_text(text: str) -> str:
    """A text in which no sign has a meaning to LaTeX."""
    return "".join(LATEX_SIGNS.get(sign, sign) for sign in text)


def markdown_text(text: str) -> str:
    """A text within one cell of a Markdown table."""
    return text.replace("|", r"\|").replace("\n", " ")


def _html_row(cells: Sequence[str] | map, kind: str) -> str:
    return "<tr>" + "".join(f"<{kind}>{cell}</{kind}>" for cell in cells) + "</tr>"


def _value(text: str) -> float:
    """The number a cell begins with; NaN where it begins with none."""
    match = NUMBER.match(text)
    return float(match[0].replace("−", "-")) if match else math.nan
