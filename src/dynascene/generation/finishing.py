"""Finished frames: background, person and what makes them one picture."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dynascene.generation.clip import GeneratedClip, GeneratedFrame
from dynascene.generation.compositing import composite, fit_background
from dynascene.generation.look.clip_look import ClipLook
from dynascene.imaging.pixels import stored_bytes, unit_floats
from dynascene.io.deep_frames import read_exactly
from dynascene.types import Shot


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
    stored = unit_floats if is_deep else stored_bytes
    if shot.foreground is None or shot.matte is None:
        for frame in clip.frames():
            shown = frame.exact_background if is_deep else frame.background
            yield FinishedFrame(frame, shown, None)
        return
    size = shot.foreground.size
    people = read_exactly(shot.foreground), read_exactly(shot.matte)
    for index, (frame, *person) in enumerate(zip(clip.frames(), *people, strict=True)):
        behind = frame.exact_background if is_deep else frame.background
        colour, matte = map(stored, person)
        shown = look.apply(index, fit_background(behind, size), colour, matte)
        finished = composite(shown.person, matte, shown.background)
        yield FinishedFrame(frame, finished, PersonFrame(*person), shown.shadow)
