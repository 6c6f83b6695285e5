"""Sorting names with numbers in natural order."""

import re


def natural_order(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sorting key under which frame2 comes before frame10: digits compare as numbers."""
    parts = re.split(r"([0-9]+)", name)  # text and digits in turn, so that like meets like
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name
