"""Finished frames: background, person and what makes them one picture."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dynascene.generation.clip import GeneratedClip, GeneratedFrame
from dynascene.generation.compositing import composite, fit_background
from dynascene.generation.look.clip_look import ClipLook
from dynascene.types import Shot


class PersonFrame(NamedTuple):
    """uint8: colour [H, W, 3]; matte [H, W, 1], 255 = person."""

    colour: np.ndarray
    matte: np.ndarray

    @property
    def with_alpha(self) -> np.ndarray:
        """[H, W, 4], straight."""
        return np.concatenate(self, axis=2)


class FinishedFrame(NamedTuple):
    """One finished frame; composite: uint8 [H, W, 3]; person: None where there is none.

    shadow: float32 [H, W, 1], the share of the light that is missing; None where none is cast.
    """

    frame: GeneratedFrame
    composite: np.ndarray
    person: PersonFrame | None
    shadow: np.ndarray | None = None


def finished_frames(shot: Shot, clip: GeneratedClip, look: ClipLook) -> Iterator[FinishedFrame]:
    """Background, person and their composite, frame by frame."""
    if shot.foreground is None or shot.matte is None:
        for frame in clip.frames():
            yield FinishedFrame(frame, frame.background, None)
        return
    size = shot.foreground.size
    layers = zip(clip.frames(), shot.foreground.read(), shot.matte.read(), strict=True)
    for index, (frame, person, matte) in enumerate(layers):
        background = fit_background(frame.background, size)
        shown = look.apply(index, background, person, matte)
        finished = composite(shown.person, matte, shown.background)
        yield FinishedFrame(frame, finished, PersonFrame(person, matte), shown.shadow)
