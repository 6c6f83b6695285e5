"""Text files as UTF-8, with or without a byte order mark."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

from dynascene.errors import InputError, first_line, one_line

LARGEST_TEXT = 32 * 2**20  # bytes; a camera track of 100,000 frames has 25 MB


@contextmanager
def clear_read_errors(path: Path) -> Generator[None]:
    """Turn what goes wrong while a text file is read into one clear line."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file") from None
    except (OSError, ValueError) as error:  # ValueError: a zero within the name
        reason = getattr(error, "strerror", None) or one_line(error)
        raise InputError(f"{path}: cannot be read ({reason})") from None


def read_text(path: Path, most_bytes: int = LARGEST_TEXT) -> str:
    """The content of a text file.

    Args:
        path: of the file.
        most_bytes: that it may have.

    Raises:
        InputError: it is missing, no text, or too large.
    """
    with clear_read_errors(path):
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
        if len(data) <= most_bytes:
            return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    size = path.stat().st_size if path.is_file() else len(data)
    raise InputError(
        f"{path}: has {size / 2**20:.0f} MB, and a file of this kind has at most "
        f"{most_bytes / 2**20:.0f} MB"
    )


def iterate_lines(path: Path) -> Iterator[str]:
    """The lines of a text file of any size, one by one, without their ends.

    Raises:
        InputError: as read_text does, but for the size.
    """
    with clear_read_errors(path), path.open(encoding="utf-8-sig") as file:
        while line := file.readline(LARGEST_TEXT):
            if len(line) == LARGEST_TEXT:
                break
            yield line.rstrip("\n")
        else:
            return
    raise InputError(f"{path}: has a line of more than {LARGEST_TEXT:,} letters")


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
        text = read_text(path)
        return _with_whole_letters(json.loads(text, object_pairs_hook=_object), text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: is not valid JSON ({error.msg})") from None
    except (RecursionError, ValueError) as error:  # too deep, or a number of thousands of digits
        raise InputError(f"{path}: cannot be read as JSON ({first_line(error, 200)})") from None


def parse_json(text: str | bytes, constant: Callable[[str], Any] = float) -> Any:
    """The value of a JSON text.

    Args:
        text: what is read.
        constant: what NaN, Infinity and -Infinity become.

    Raises:
        ValueError: it is none, is nested too deeply for the parser, or has half of a letter or a
            number beyond any float.
    """
    try:
        content = json.loads(
            text, parse_int=_integer, parse_float=_fraction, parse_constant=constant
        )
        return _with_whole_letters(content, text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _integer(digits: str) -> int:
    number = int(digits)
    if abs(number) > sys.float_info.max:
        raise ValueError(f"{digits[:20]}… is beyond any float")
    return number


def _fraction(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:20]} is beyond any float")
    return number


def _with_whole_letters(content: Any, text: str | bytes) -> Any:
    """The content of a text; ValueError for half of a letter, which JSON can escape and no name,
    no file and no database can hold."""
    if isinstance(text, bytes) or "\\u" in text:
        try:
            json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("it has half of a letter, a lone surrogate") from None
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; ValueError where a key comes twice, since one of both would be lost."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(
            f'"{next(n for n in names if names.count(n) > 1)[:60]}" stands there twice'
        )
    return content


def is_finite_number(value: object) -> TypeGuard[int | float]:
    """Whether a value from a JSON file is a number that fits a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # false for not-a-number too; JSON's integers may be larger than any float
    return abs(value) <= sys.float_info.max
