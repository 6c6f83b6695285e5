"""The matte stage: keeps clips whose matte is plausible."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.clip_frames import frames_of
from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.matte.backends import BACKENDS, NETWORKS, default_backend, make_matter
from dynascene.estimators.matte.figures import MatteFigures
from dynascene.estimators.matte.job import EMPTY, finished_mattes
from dynascene.estimators.matte.locating import locate
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.names import BackendName, DetectorName
from dynascene.estimators.person.backends import detector_named
from dynascene.estimators.person.protocol import PersonDetector
from dynascene.estimators.weights import has_weights
from dynascene.estimators.working_frames import working_frames
from dynascene.io.frames import times_of
from dynascene.io.video_writing import H264Writer
from dynascene.types import FrameSource

MATTE = "matte.mp4"
KEYFRAMES = 24  # frames: training reads short pieces from anywhere


@dataclass(frozen=True)
class MatteConfig:
    """Settings of the matte stage.

    Attributes:
        backend: makes the matte.
        detector: finds the person for the backend; None: the largest moving region is used.
        least_share, most_share: limits of the person's mean share of the picture.
        missing: largest share of frames with almost no person.
        flicker: largest change between frames beyond the motion, as a share of the person's area.
    """

    backend: BackendName
    detector: DetectorName | None = None
    least_share: float = 0.003
    most_share: float = 0.7
    missing: float = 0.1
    flicker: float = 0.25


@dataclass(frozen=True)
class MatteStage:
    """Makes the matte, and drops clips where it cannot be that of one person.

    Files: ``matte``: ``matte.mp4``, white = person, one frame for each of the clip's.
    Codes: no-subject, too-small, too-large, missing, flickers.
    Values: backend, share, missing, flicker.

    Raises:
        MissingWeights: at the first call, where weights are damaged.
    """

    config: MatteConfig
    name = "matte"
    version = 5
    processors = 1.0
    accelerators = 0.0

    @cached_property
    def _matter(self) -> Matter:
        return make_matter(self.config.backend)

    @cached_property
    def _detector(self) -> PersonDetector | None:
        name = self.config.detector
        return None if name is None else detector_named(name)

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        try:
            figures = self._write(clip, frames_of(clip), folder / MATTE)
        except InputError as error:
            return [rejected_by(clip, self.name, "no-subject", error)]
        return [self._judge(clip.with_files(matte=MATTE), figures)]

    def _write(self, clip: Clip, source: FrameSource, path: Path) -> MatteFigures:
        """Raises InputError where no person is separable from the background."""
        matter, detector, figures = self._matter, self._detector, MatteFigures()
        frames = working_frames(source, matter.working_pixels)
        place = locate(clip.video, source, frames, detector, None, matter.needs_boxes, Quiet())
        writer = H264Writer(
            path, source.size, source.frame_rate, times=times_of(source), keyframes=KEYFRAMES
        )
        with writer, closing(finished_mattes(source, frames, matter, place)) as mattes:
            for index, (_, matte) in enumerate(mattes):
                writer.write(matte)
                figures.add(frames[index], matte)
        return figures

    def _judge(self, clip: Clip, figures: MatteFigures) -> Clip:
        config = self.config
        share, flicker = figures.summary()
        missing = float(np.mean(np.array(figures.shares) < EMPTY))
        clip = clip.with_values(
            self.name, backend=config.backend, share=share, missing=missing, flicker=flicker
        )
        if share < config.least_share:
            reason = f"the matte has {share:.2%} of the picture, {config.least_share:.2%} wanted"
            return clip.rejected(self.name, "too-small", reason, share)
        if share > config.most_share:
            reason = f"the matte has {share:.0%} of the picture, {config.most_share:.0%} allowed"
            return clip.rejected(self.name, "too-large", reason, share)
        if missing > config.missing:
            reason = f"the matte is empty in {missing:.0%} of the frames"
            return clip.rejected(self.name, "missing", reason, missing)
        if flicker > config.flicker:
            reason = f"the matte changes by {flicker:.0%} a frame, {config.flicker:.0%} allowed"
            return clip.rejected(self.name, "flickers", reason, flicker)
        return clip


def backend_at_hand(name: str | None = None) -> BackendName:
    """The backend ``name``, or the default of ``dynascene matte``.

    Raises:
        InputError: there is none of that name, or its weights are not in the cache.
    """
    backend = next(
        (candidate for candidate in BACKENDS if candidate == (name or default_backend())), None
    )
    if backend is None:
        raise InputError(f"backend {name}: there is none; known are {', '.join(BACKENDS)}")
    missing = [needed for needed in NETWORKS.get(backend, ()) if not has_weights(needed)]
    if missing:
        raise InputError(
            f"backend {backend}: its weights are not here; fetch them by 'dynascene weights "
            f"{' '.join(missing)}'"
        )
    return backend
