"""Headings of text files: the names of columns decide their order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dynascene.errors import InputError

TIME = {"t", "time", "timestamp", "timestamps", "stamp", "frame", "frames", "frame_id",
        "frame_number", "frame_no", "index", "idx", "id", "n", "sec", "seconds", "s"}  # fmt: skip
POSITION = re.compile(
    r"(?:(?:t|p|c|pos|position|trans|translate|translation|loc|location|cent[re]{2}|"
    r"(?:p|t)_[a-z]+(?:_[a-z])?)_?)?([xyz])"
)
QUATERNION = re.compile(r"(?:q|r|quat|quaternion|rot|rotation|ori|orientation|q_[a-z]+)_?([wxyz])")
TURN = re.compile(r"(?:r|rot|rotation|rotate|euler)_?([xyz])")
VERTICAL_FOV = {"vfov", "fov_y", "fovy", "fov_v", "vertical_fov"}
OTHERS = {"focal_x": "fx", "fl_x": "fx", "focal_y": "fy", "fl_y": "fy"}


def split_heading(line: str) -> list[str]:
    """The names in a line of text, in small letters and without units such as [m]."""
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", line.strip().lstrip("#%/; ").lower())
    parts = text.split(",") if "," in text else text.split()
    return [re.sub(r"[\s.\-]+", "_", part.strip(" \"':")) for part in parts]


def column_named(name: str, columns: Sequence[str]) -> str | None:
    """Which of a format's columns a name in a heading means; None where it is none of them."""
    if name in TIME and columns[0] in ("time", "frame"):
        return columns[0]
    if "qw" in columns and (match := QUATERNION.fullmatch(name)):
        return f"q{match[1]}"
    if "rx" in columns and (match := TURN.fullmatch(name)):
        return f"r{match[1]}"
    if match := POSITION.fullmatch(name):
        return f"t{match[1]}"
    if name in VERTICAL_FOV:
        return "vfov"
    return OTHERS.get(name, name if name in columns else None)


def column_order(line: str, columns: Sequence[str], place: str) -> list[int] | None:
    """Where a line of names puts a format's columns.

    Args:
        line: that may be a heading.
        columns: of the format, in its own order.
        place: of the line, for messages.

    Returns:
        The index in the file of each column; None where the line is no heading of these columns:
        it has another number of words, or most of them name nothing.

    Raises:
        InputError: it is a heading, and of other columns.
    """
    names = split_heading(line)
    if len(names) != len(columns):
        return None
    meanings = [column_named(name, columns) for name in names]
    if 2 * sum(meaning is not None for meaning in meanings) <= len(names):
        return None
    if sorted(meaning or "" for meaning in meanings) != sorted(columns):
        raise InputError(
            f"{place}: the heading names the columns {' '.join(names)[:160]}, and this format has "
            f"{' '.join(columns)}"
        )
    return [meanings.index(column) for column in columns]
