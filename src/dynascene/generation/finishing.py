"""Finished frames: background, person and what makes them one picture."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import repeat, starmap
from typing import NamedTuple

import numpy as np

from dynascene.generation.clip import GeneratedClip, GeneratedFrame
from dynascene.generation.compositing import composite, fit_background
from dynascene.generation.look.clip_look import ClipLook
from dynascene.imaging.pixels import stored_bytes, unit_floats
from dynascene.io.deep_frames import read_exactly
from dynascene.parallel import read_ahead
from dynascene.types import Shot, Size


class PersonFrame(NamedTuple):
    """colour [H, W, 3]; matte [H, W, 1], the most = person; uint8, or float32 in 0 … 1."""

    colour: np.ndarray
    matte: np.ndarray

    @property
    def with_alpha(self) -> np.ndarray:
        """[H, W, 4], straight."""
        if self.colour.dtype != self.matte.dtype:
            return np.concatenate(tuple(map(unit_floats, self)), axis=2)
        return np.concatenate(self, axis=2)


class FinishedFrame(NamedTuple):
    """One finished frame; composite: [H, W, 3]; person: None where there is none.

    composite is uint8, or float32 in 0 … 1 where more than 8 bits are delivered.
    shadow: float32 [H, W, 1], the share of the light that is missing; None where none is cast.
    """

    frame: GeneratedFrame
    composite: np.ndarray
    person: PersonFrame | None
    shadow: np.ndarray | None = None


def finished_frames(
    shot: Shot, clip: GeneratedClip, look: ClipLook, *, is_deep: bool = False
) -> Iterator[FinishedFrame]:
    """Background, person and their composite, frame by frame.

    is_deep: composites are computed and given as floats.
    """
    return _finished(clip.frames(), _people(shot), look, is_deep=is_deep)


@contextmanager
def finished_ahead(
    shot: Shot, clip: GeneratedClip, look: ClipLook, *, is_deep: bool
) -> Generator[Iterator[FinishedFrame]]:
    """As ``finished_frames``; backgrounds and people are made in threads while the caller writes
    the frame before.
    """
    with read_ahead(clip.frames()) as backgrounds, read_ahead(_people(shot)) as people:
        yield _finished(backgrounds, people, look, is_deep=is_deep)


def _people(shot: Shot) -> Iterator[PersonFrame | None]:
    """The person in each frame; None where nobody was filmed."""
    if shot.foreground is None or shot.matte is None:
        yield from repeat(None, len(shot))
        return
    sources = shot.foreground, shot.matte
    yield from starmap(PersonFrame, zip(*map(read_exactly, sources), strict=True))


def _finished(
    backgrounds: Iterator[GeneratedFrame],
    people: Iterator[PersonFrame | None],
    look: ClipLook,
    *,
    is_deep: bool,
) -> Iterator[FinishedFrame]:
    stored = unit_floats if is_deep else stored_bytes
    for index, (frame, person) in enumerate(zip(backgrounds, people, strict=True)):
        behind = frame.exact_background if is_deep else frame.background
        if person is None:
            yield FinishedFrame(frame, behind, None)
            continue
        colour, matte = map(stored, person)
        size = Size(*colour.shape[1::-1])
        shown = look.apply(index, fit_background(behind, size), colour, matte)
        finished = composite(shown.person, matte, shown.background)
        yield FinishedFrame(frame, finished, person, shown.shadow)
