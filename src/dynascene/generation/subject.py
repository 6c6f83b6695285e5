"""The person cut out of a clip that brings no matte."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from dynascene.estimators.matte import job
from dynascene.estimators.matte.backends import NETWORKS
from dynascene.estimators.matte.decontamination import continue_colour, decontaminate
from dynascene.estimators.matte.options import MatteOptions
from dynascene.estimators.person.backends import DETECTORS
from dynascene.estimators.weights import pinned_sha256
from dynascene.generation.footage import FOLDER
from dynascene.generation.request import PersonInput
from dynascene.io.deep_frames import is_deep, read_floats
from dynascene.io.frames import times_of
from dynascene.io.mattes import open_matte
from dynascene.io.picking import pick
from dynascene.jobs.log import Log
from dynascene.types import FrameSource, Size

MATTE = "matte"  # a folder within FOLDER


def cut_out(
    person: PersonInput, colour: FrameSource, folder: Path, log: Log, *, stays: bool
) -> tuple[FrameSource, dict[str, Any]]:
    """The matte of a clip's frames in use, made and kept in the results' folder; what to report.

    stays: whether it can be looked at after the run, so that messages name it.

    Raises InputError when nobody is found in it, or several people are and none is chosen.
    """
    place = folder / FOLDER / MATTE
    place.parent.mkdir(exist_ok=True)
    result = job.run(
        person.person,
        colour,
        place,
        matte_options(person),
        log,
        clean_preview=False,
        shown_as=Path(FOLDER, MATTE) if stays else None,
    )
    used = [*NETWORKS.get(result.backend, ()), *(n for n in DETECTORS if n == result.found_by)]
    log.networks.update(pinned_sha256(*used))
    report = {
        "backend": result.backend,
        "found_by": result.found_by,
        "share": round(result.share, 4),
    }
    return open_matte(place, like=colour), report


def matte_options(person: PersonInput) -> MatteOptions:
    """How a person is cut out; the outline moves later, when the matte is read."""
    return MatteOptions(
        backend=person.matte_backend,
        choice=person.subject,
        hints=person.hints,
        take_along=person.take_along,
    )


@dataclass(frozen=True)
class CleanEdges:
    """Frames whose soft edges hold the person's own colour alone, without the old background's.

    The person's solid pixels stay bit by bit, and so does the old background where it is not shown.

    Attributes:
        colour: the frames.
        matte: how much of each pixel is the person.
        shown: the matte that the person is shown with, where that is another, softer one.
        is_pure: the colours are the person's own wherever the matte is above 0.
    """

    colour: FrameSource
    matte: FrameSource
    shown: FrameSource | None = None
    is_pure: bool = False

    @property
    def size(self) -> Size:
        return self.colour.size

    @property
    def channels(self) -> int:
        return self.colour.channels

    @property
    def frame_rate(self) -> Fraction:
        return self.colour.frame_rate

    @property
    def times(self) -> tuple[float, ...] | None:
        """As those of the frames."""
        return times_of(self.colour)

    def __len__(self) -> int:
        return len(self.colour)

    @property
    def is_deep(self) -> bool:
        """As the frames."""
        return is_deep(self.colour)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        yield from self._cleaned(s.read(start, stop) for s in self._sources)

    def read_floats(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """As ``read``, float32 in 0 … 1 with all bits."""
        yield from self._cleaned(read_floats(s, start, stop) for s in self._sources)

    def pick(self, numbers: Sequence[int]) -> Iterator[np.ndarray]:
        """As ``io.picking.pick``; no other frame is cleaned."""
        yield from self._cleaned(pick(s, numbers) for s in self._sources)

    @property
    def _sources(self) -> list[FrameSource]:
        """Colour, matte and, where it is another one, the matte that is shown."""
        sources = [self.colour, self.matte]
        return sources if self.shown is None else [*sources, self.shown]

    def _cleaned(self, sources: Iterable[Iterator[np.ndarray]]) -> Iterator[np.ndarray]:
        cleaned = continue_colour if self.is_pure else decontaminate
        for frame, matte, *shown in zip(*sources, strict=True):
            hidden = (shown[0] if shown else matte) == 0
            result = cleaned(frame, matte)
            # OpenCV chooses pixels ten times as fast as numpy
            yield np.asarray(cv2.copyTo(frame, hidden.astype(np.uint8), result))
