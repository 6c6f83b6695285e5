"""The paper's pipeline as a plan: which stages, in which order, with which settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dynascene.curation.engine.step import TIME_LIMIT
from dynascene.curation.pipeline import Decision, Plan
from dynascene.curation.sources.fetching import Fetcher
from dynascene.curation.stages.camera import CameraConfig, CameraStage
from dynascene.curation.stages.duplicates import FingerprintStage, without_duplicates
from dynascene.curation.stages.matte import MatteConfig, MatteStage, backend_at_hand
from dynascene.curation.stages.motion import MotionConfig, MotionStage
from dynascene.curation.stages.person import PersonConfig, PersonStage, detector_at_hand
from dynascene.curation.stages.probe import ProbeConfig, ProbeStage
from dynascene.curation.stages.protocol import ClipStage
from dynascene.curation.stages.recorded import RecordedStage
from dynascene.curation.stages.shots import ShotsConfig, ShotsStage
from dynascene.curation.stages.write import WriteStage
from dynascene.errors import InputError
from dynascene.estimators.names import BackendName, DetectorName

LONGEST = 100_000  # minutes of a time limit: two months


@dataclass(frozen=True)
class CurationOptions:
    """What a user may choose.

    min_height: pixels of the upright picture. shortest, longest: seconds of a clip; longer shots
    are divided. most_similar: the largest S (Eq. 3) that is kept. person_detector: who finds
    people; None: the best at hand; ``none``: clips are not judged by people. matte: who cuts the
    person out; None: as ``dynascene matte``. worst_camera: the tracker's least verdict that is
    kept. time_limit: minutes that a stage may take for a clip.

    Raises InputError for what is out of range.
    """

    min_height: int = 1080
    shortest: float = 1.0
    longest: float | None = None
    most_similar: float = 0.8
    person_detector: DetectorName | Literal["none"] | None = None
    matte: BackendName | None = None
    worst_camera: Literal["good", "doubtful"] = "good"
    time_limit: float = TIME_LIMIT / 60

    def __post_init__(self) -> None:
        shortest, longest, similar = self.shortest, self.longest, self.most_similar
        if self.min_height < 0:
            raise InputError(f"`min_height` {self.min_height}: must be 0 or more")
        if not 0 <= shortest < math.inf:
            raise InputError(f"`shortest` {shortest:g}: must be 0 seconds or more")
        if longest is not None and not max(shortest, 0) < longest < math.inf:
            raise InputError(f"`longest` {longest:g}: must be more than `shortest` {shortest:g}")
        if not 0 < similar <= 1:
            raise InputError(f"`most_similar` {similar:g}: must be more than 0, and 1 at most")
        if not 0 < self.time_limit <= LONGEST:
            raise InputError(
                f"`time_limit` {self.time_limit:g}: must be more than 0, and {LONGEST} at most"
            )


def full_plan(options: CurationOptions, cache: Path) -> Plan:
    """From any video to clips. cache: folder for what is fetched.

    Ordered by cost: the container, then small frames, then networks; the person comes before the
    motion, whose second measure leaves the person's box out. Raises InputError where no detector's
    weights are at hand.
    """
    probe = ProbeConfig(min_height=options.min_height, min_seconds=options.shortest)
    shots = ShotsConfig(shortest=options.shortest, longest=options.longest)
    detector = _detector(options)
    looks = [
        ProbeStage(probe),
        ShotsStage(shots),
        *([PersonStage(PersonConfig(detector))] if detector else []),
        MotionStage(MotionConfig(most=options.most_similar)),
        _matte(options, detector),
        CameraStage(CameraConfig(worst=options.worst_camera)),
        FingerprintStage(),
    ]
    return _plan(options, cache, looks, without_duplicates)


def rebuilding_plan(release: Path, options: CurationOptions, cache: Path) -> Plan:
    """From a release to the same clips: mattes are made anew, nothing else is judged again."""
    looks = [RecordedStage.of(release), _matte(options, _detector(options))]
    return _plan(options, cache, looks, list)


def _plan(
    options: CurationOptions, cache: Path, looks: Sequence[ClipStage], decide: Decision
) -> Plan:
    return Plan(Fetcher(cache), looks, decide, (WriteStage(),), 60 * options.time_limit)


def _detector(options: CurationOptions) -> DetectorName | None:
    return None if options.person_detector == "none" else detector_at_hand(options.person_detector)


def _matte(options: CurationOptions, detector: DetectorName | None) -> MatteStage:
    backend = backend_at_hand(options.matte)
    if backend != "motion":  # a network has to be shown where the person is
        detector = detector or detector_at_hand()
    return MatteStage(MatteConfig(backend, detector))
