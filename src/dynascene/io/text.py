"""Text files as UTF-8, with or without a byte order mark."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TypeGuard

from dynascene.errors import InputError


def read_text(path: Path) -> str:
    """The content of a text file.

    Raises:
        InputError: it is missing or no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def read_lines(path: Path) -> list[str]:
    """All lines of a text file, without their ends.

    Raises:
        InputError: as read_text does.
    """
    return read_text(path).splitlines()


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        InputError: with the line, where it is not valid.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: is not valid JSON ({error.msg})") from None
    except (RecursionError, ValueError) as error:  # too deep, or a number of thousands of digits
        raise InputError(f"{path}: cannot be read as JSON ({error})") from None


def is_finite_number(value: object) -> TypeGuard[int | float]:
    """Whether a value from a JSON file is a number that fits a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # false for not-a-number too; JSON's integers may be larger than any float
    return abs(value) <= sys.float_info.max
