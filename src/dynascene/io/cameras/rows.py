"""Text files of numbers in columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.io.text import read_lines


class Row(NamedTuple):
    """The numbers of one line. place: "file:line", for messages."""

    place: str
    values: list[float]


def read_rows(path: Path, columns: Collection[int], header: bool = False) -> list[Row]:
    """The lines of a file as finite numbers; empty lines and lines that start with # are skipped.

    Args:
        header: the first line may be any text; it counts as a pose only if it has the right number
            of columns.

    Raises:
        InputError: for anything else, with file and line.
    """
    rows = []
    for number, line in enumerate(read_lines(path), start=1):
        fields = split_fields(line)
        if not fields or (header and number == 1 and len(fields) not in columns):
            continue
        rows.append(parse_row(fields, columns, f"{path}:{number}"))
    if not rows:
        raise InputError(f"{path}: holds no camera poses")
    if len({len(row.values) for row in rows}) > 1:
        raise InputError(f"{path}: its lines differ in their number of columns")
    return rows


def split_fields(line: str) -> list[str]:
    """The fields of a line, separated by blanks or commas; none for a comment."""
    return [] if line.lstrip().startswith("#") else line.replace(",", " ").split()


def parse_row(fields: list[str], columns: Collection[int], place: str) -> Row:
    if len(fields) not in columns:
        expected = " or ".join(str(n) for n in sorted(columns))
        raise InputError(f"{place}: has {len(fields)} columns, expected {expected}")
    values = []
    for field in fields:
        try:
            value = float(field)
        except ValueError:
            raise InputError(f"{place}: {field!r} is not a number") from None
        if not math.isfinite(value):
            raise InputError(f"{place}: {field} is not a finite number")
        values.append(value)
    return Row(place, values)


def write_rows(path: Path, rows: Iterable[Iterable[float]], first_line: str | None = None) -> None:
    """One line per row, with as many digits as bring every number back exactly."""
    lines = [" ".join(repr(value) for value in row) for row in rows]
    write_text(path, "\n".join([*([first_line] if first_line else []), *lines]) + "\n")
