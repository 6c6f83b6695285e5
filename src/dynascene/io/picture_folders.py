"""Folders of pictures as sequences: which files are frames, and which frame each one is."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from dynascene.errors import InputError, some_of
from dynascene.io.natural_order import frame_numbers, name_pattern, natural_order
from dynascene.phrases import count_of

OTHER_PICTURES = (
    ".dpx", ".cin", ".tga", ".gif", ".avif", ".heic", ".heif", ".jp2", ".jxl",
    ".psd", ".sgi", ".ppm", ".pgm", ".pnm", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw",
)  # fmt: skip
LONGEST_STEP = 1000  # numbers that never lie closer are a clock's
MOST_FRAMES = 100_000


class PictureSequence(NamedTuple):
    """Pictures in order, and the number of each frame; None where the names do not count."""

    paths: list[Path]
    numbers: tuple[int, ...] | None


def list_pictures(
    folder: Path, suffixes: Sequence[str], *, fill_gaps: bool = False
) -> PictureSequence:
    """The pictures of a folder, in the order of their numbers.

    Hidden files and files that are no pictures do not count.

    Args:
        folder: of the pictures.
        suffixes: of pictures that can be read.
        fill_gaps: show the frame before in place of one that is missing.

    Raises:
        InputError: there are none; a link leads nowhere; the names belong to several sequences; two
            pictures have one number; numbers are missing; or a picture of the sequence is of a
            kind that is not read.
    """
    try:
        entries = [p for p in folder.iterdir() if not p.name.startswith(".")]
        files = [p for p in entries if p.suffix.lower() in suffixes and _is_file(p)]
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror or error}") from error
    if not files:
        raise InputError(f"{folder}: holds no pictures ({', '.join(suffixes)})")
    files.sort(key=lambda path: natural_order(path.name))
    _check_one_sequence(folder, files, entries)
    numbers = frame_numbers([path.name for path in files])
    if numbers is None:
        return PictureSequence(files, None)
    files, numbers = _ordered(files, numbers)
    return _without_gaps(folder, files, numbers, fill_gaps)


def _is_file(path: Path) -> bool:
    if path.is_symlink() and not os.path.exists(path):
        raise InputError(f"{path}: is a link to {os.readlink(path)}, which is not there")
    return path.is_file()


def _check_one_sequence(folder: Path, files: list[Path], entries: list[Path]) -> None:
    """InputError where pictures do not belong to the sequence that most of them make."""
    patterns = Counter(name_pattern(path.name) for path in files)
    main, count = patterns.most_common(1)[0]
    if len(patterns) > 1 and count > 1:
        first = next(path.name for path in files if name_pattern(path.name) == main)
        others = [path.name for path in files if name_pattern(path.name) != main]
        raise InputError(
            f"{folder}: {some_of(others)} are not of the sequence {first} …; a folder holds the "
            "frames of one clip and no other picture"
        )
    unread = [p for p in sorted(entries) if p.suffix.lower() in OTHER_PICTURES and p not in files]
    for path in unread:
        if len(main) > 1 and name_pattern(path.name) == main:
            raise InputError(
                f"{path}: pictures of this kind are not read; convert it to PNG, or move it away "
                "from the frames"
            )


def _ordered(files: list[Path], numbers: list[int]) -> tuple[list[Path], list[int]]:
    pairs = sorted(zip(numbers, files, strict=True), key=lambda pair: pair[0])
    for (before, first), (after, second) in pairwise(pairs):
        if before == after:
            raise InputError(
                f"{second.parent}: {first.name} and {second.name} are both frame {after}; keep one"
            )
    return [path for _, path in pairs], [number for number, _ in pairs]


def _without_gaps(
    folder: Path, files: list[Path], numbers: list[int], fill_gaps: bool
) -> PictureSequence:
    steps = [after - before for before, after in pairwise(numbers)]
    beat = median(steps) if steps and min(steps) >= LONGEST_STEP else 1
    counts = [max(1, round(step / beat)) for step in steps]
    if all(count == 1 for count in counts):
        return PictureSequence(files, tuple(numbers))
    missing = sum(counts) + 1 - len(files)
    if not fill_gaps:
        index = next(i for i, count in enumerate(counts) if count > 1)
        raise InputError(
            f"{folder}: {missing} frame{'s are' if missing > 1 else ' is'} missing: "
            f"{files[index].name} is followed by {files[index + 1].name}; add what is missing, "
            "number the files without gaps, or `fill_gaps` (the frame before stands still)"
        )
    if sum(counts) >= MOST_FRAMES:
        raise InputError(f"{folder}: its numbers span more than {MOST_FRAMES:,} frames")
    paths = [path for path, n in zip(files, [*counts, 1], strict=True) for _ in range(n)]
    return PictureSequence(paths, tuple(range(numbers[0], numbers[0] + len(paths))))


def match_numbers(path: Path, matte: Sequence[int], person: Sequence[int]) -> list[int] | None:
    """Which frames of a matte belong to a person's, both without gaps.

    Sequences of one length belong together one after the other where one of them counts from 0 or
    1, or where they have no number in common: one was numbered anew.

    Args:
        path: of the matte, for the message.
        matte, person: their numbers.

    Returns:
        An index into the matte for each frame of the person; None: the frames as they are.

    Raises:
        InputError: the matte lacks a frame of the person.
    """
    place = {number: index for index, number in enumerate(matte)}
    if all(number in place for number in person):
        return [place[number] for number in person]
    if len(matte) == len(person):
        is_apart = not any(number in place for number in person)
        if is_apart or {matte[0], person[0]} & {0, 1}:
            return None
    lacking = next(number for number in person if number not in place)
    frames = count_of(len(matte), "frame")
    raise InputError(
        f"{path}: the matte has {frames} ({matte[0]} … {matte[-1]}) and lacks {lacking} "
        f"of the person's {len(person)} ({person[0]} … {person[-1]}); give it the same numbers"
    )
