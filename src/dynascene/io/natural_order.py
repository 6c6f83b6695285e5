"""Names with numbers: sorted as people count them, and the frame numbers that they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

# a minus belongs to a number where nothing but a separator stands before it: -0002, shot.-0002
NUMBER = re.compile(r"((?:(?:^|(?<=[._ /]))-)?[0-9]{1,40})")
SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")


def natural_order(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sorting key under which frame2 comes before frame10, and -2 before 1."""
    parts = NUMBER.split(name)  # text and digits in turn, so that like meets like
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name


def name_pattern(name: str) -> tuple[str, ...]:
    """The text around the numbers of a name, without its suffix: of one sequence it is the same."""
    return tuple(NUMBER.split(SUFFIX.sub("", name))[::2])


def frame_numbers(names: Sequence[str]) -> list[int] | None:
    """The number by which each name counts its frame, in the order of the names.

    It is the only number that differs from name to name; where several do, the only one that rises
    by one somewhere and never repeats.

    Args:
        names: sorted naturally; suffixes such as .png do not matter.

    Returns:
        The numbers, with repetitions where two names have the same; None where the names differ in
        their text or do not tell which of their numbers counts.
    """
    if not names or len({name_pattern(name) for name in names}) > 1:
        return None
    numbers = [[int(part) for part in NUMBER.split(SUFFIX.sub("", n))[1::2]] for n in names]
    columns = list(zip(*numbers, strict=True))
    differing = [column for column in columns if len(set(column)) > 1]
    if len(differing) > 1:
        differing = [column for column in differing if _counts(column)]
        return list(differing[0]) if len(differing) == 1 else None
    return list((differing or columns)[-1]) if columns else None


def _counts(numbers: Sequence[int]) -> bool:
    return min(after - before for before, after in pairwise(numbers)) == 1
