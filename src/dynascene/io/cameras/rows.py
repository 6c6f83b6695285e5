"""Text files of numbers in columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.io.cameras.headings import column_order
from dynascene.io.text import read_lines

LARGEST = 1e20  # nanoseconds since 1970 are 2e18
LONGEST_COUNT = 2  # a first line of so few numbers is a count, not a pose


class Row(NamedTuple):
    """The numbers of one line. place: "file:line", for messages."""

    place: str
    values: list[float]


def read_rows(path: Path, columns: Sequence[Sequence[str]], header: bool = False) -> list[Row]:
    """The lines of a file as finite numbers; empty lines and lines that start with # are skipped.

    A heading, with # or without, that names the columns decides their order.

    Args:
        path: of the file.
        columns: the names of the columns, for every number of columns that a line may have.
        header: the first line may be any text.

    Raises:
        InputError: for anything else, with file and line.
    """
    names = {len(row): row for row in columns}
    rows: list[Row] = []
    texts: list[tuple[str, str]] = []
    for number, line in enumerate(read_lines(path), start=1):
        fields, place = split_fields(line), f"{path}:{number}"
        if not rows and line.strip() and _is_text(fields):
            texts.append((place, line))
            if not fields or (header and number == 1) or is_heading(line, names.values(), place):
                continue
        if not fields or (header and number == 1 and len(fields) <= LONGEST_COUNT):
            continue
        rows.append(parse_row(fields, names, place))
    if not rows:
        raise InputError(f"{path}: holds no camera poses")
    if len({len(row.values) for row in rows}) > 1:
        raise InputError(f"{path}: its lines differ in their number of columns")
    for place, line in texts:
        order = column_order(line, names[len(rows[0].values)], place)
        if order is not None:
            rows = [Row(row.place, [row.values[index] for index in order]) for row in rows]
            break
    return rows


def _is_text(fields: list[str]) -> bool:
    """Whether a line above the poses is a comment, or has more words than numbers."""
    return not fields or 2 * sum(map(is_number, fields)) < len(fields)


def is_heading(line: str, columns: Iterable[Sequence[str]], place: str) -> bool:
    return any(column_order(line, names, place) is not None for names in columns)


def split_fields(line: str) -> list[str]:
    """The fields of a line, separated by blanks or commas; none for a comment."""
    return [] if line.lstrip().startswith("#") else line.replace(",", " ").split()


def is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def parse_row(fields: list[str], columns: Collection[int], place: str) -> Row:
    if len(fields) not in columns:
        expected = " or ".join(str(n) for n in sorted(columns))
        raise InputError(f"{place}: has {len(fields)} columns, expected {expected}")
    values = []
    for field in fields:
        try:
            value = float(field)
        except ValueError:
            raise InputError(f"{place}: {field[:60]!r} is not a number") from None
        if not math.isfinite(value):
            raise InputError(f"{place}: {field[:60]} is not a finite number")
        if abs(value) > LARGEST:
            raise InputError(f"{place}: {field[:60]} is too large for any camera")
        values.append(value)
    return Row(place, values)


def write_rows(path: Path, rows: Iterable[Iterable[float]], first_line: str | None = None) -> None:
    """One line per row, with as many digits as bring every number back exactly."""
    lines = [" ".join(repr(value) for value in row) for row in rows]
    write_text(path, "\n".join([*([first_line] if first_line else []), *lines]) + "\n")
