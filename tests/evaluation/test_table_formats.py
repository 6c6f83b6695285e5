"""Tables in three formats, the best and the second best marked."""

from xml.etree import ElementTree

import pytest

from dynascene.evaluation.table import Table, print_tables
from dynascene.evaluation.table_formats import (
    html_page,
    latex_page,
    latex_text,
    markdown_page,
    marked_rows,
)

TABLE = Table(
    "Error & more",
    ("system", "PSNR, dB ↑", "L1 ↓", "note"),
    [
        ["still_1", "20.10 [19.00, 21.00]", "0.0300", "a < b"],
        ["two", "22.00", "–", ""],
        ["three", "inf", "0.0100", "5"],
        ["four", "22.00", "0.0100", "9"],
    ],
    ("", "higher", "lower", ""),
)


def marked(table: Table) -> list[list[str]]:
    return marked_rows(table, "B({})".format, "S({})".format, str)


def test_the_best_and_the_second_are_marked_as_they_are_shown() -> None:
    columns = list(zip(*marked(TABLE), strict=True))
    assert columns[1] == ("20.10 [19.00, 21.00]", "S(22.00)", "B(inf)", "S(22.00)")
    assert columns[2] == ("S(0.0300)", "–", "B(0.0100)", "B(0.0100)")
    assert columns[3] == ("a < b", "", "5", "9")


def test_a_bar_does_not_part_a_cell_of_markdown() -> None:
    table = Table("T", ("a|b", "c"), [["d|e", "1"], ["f\ng", "2"]], ("", "higher"))
    lines = markdown_page([table], "H", []).splitlines()[-4:]
    assert lines[0] == r"| a\|b | c |"
    assert lines[2:] == [r"| d\|e | <u>1</u> |", "| f g | **2** |"]


def test_the_interval_stays_outside_the_mark() -> None:
    table = TABLE._replace(rows=[*TABLE.rows[:1], ["five", "-1.5 [-2.0, −1.0]", "0.5", ""]])
    assert marked(table)[0][1] == "B(20.10) [19.00, 21.00]"
    assert marked(table)[1][1] == "S(-1.5) [-2.0, −1.0]"


def test_nothing_is_marked_where_all_are_equal_or_nothing_is_compared() -> None:
    equal = TABLE._replace(rows=[["a", "1.0", "2", ""], ["b", "1.0", "–", ""]])
    assert marked(equal) == equal.rows
    assert marked(TABLE._replace(better=())) == TABLE.rows


def test_markdown() -> None:
    page = markdown_page([TABLE], "Heading", ["A note."])
    assert page.startswith("# Heading\n\nA note.\n\n## Error & more\n\n| system | PSNR")
    assert "| three | **inf** | **0.0100** | 5 |" in page
    assert "| two | <u>22.00</u> | – |  |" in page


def test_latex() -> None:
    page = latex_page([TABLE], "Heading", ["A note."])
    assert r"\caption{Error \& more}" in page
    assert r"system & PSNR, dB $\uparrow$ & L1 $\downarrow$ & note \\" in page
    assert r"still\_1 & 20.10 [19.00, 21.00] & \underline{0.0300} & a < b \\" in page
    assert r"three & \textbf{inf} & \textbf{0.0100} & 5 \\" in page
    assert page.count(r"\begin{tabular}{lrrr}") == page.count(r"\end{tabular}") == 1
    assert latex_text("50 % {a}") == r"50 \% \{a\}"


def test_html_is_well_formed() -> None:
    page = html_page([TABLE], "A & B", ["1 < 2"])
    body = page.partition("\n")[2].replace('<meta charset="utf-8">', "")
    tree = ElementTree.fromstring(body)
    cells = [cell.text or "" for cell in tree.iter("td")]
    assert cells[0] == "still_1"
    assert "a < b" in cells
    assert [mark.text for mark in tree.iter("b")] == ["inf", "0.0100", "0.0100"]
    assert [mark.text for mark in tree.iter("u")] == ["0.0300", "22.00", "22.00"]


def test_wide_tables_have_no_intervals_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_tables([TABLE])
    assert "[19.00" in capsys.readouterr().out
    wide = TABLE._replace(
        columns=tuple("abcdefgh"), rows=[["x", *7 * ["20.1 [19, 21]"]]], better=()
    )
    print_tables([wide])
    shown = capsys.readouterr().out
    assert shown.count("20.1") == 7
    assert "19" not in shown
