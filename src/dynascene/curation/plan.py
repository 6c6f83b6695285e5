"""The paper's pipeline as a plan: its stages, their order and their settings."""

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
from dynascene.curation.stages.pose import PoseStage, pose_config_at_hand
from dynascene.curation.stages.probe import ProbeConfig, ProbeStage
from dynascene.curation.stages.protocol import ClipStage
from dynascene.curation.stages.recorded import RecordedStage
from dynascene.curation.stages.shots import ShotsConfig, ShotsStage
from dynascene.curation.stages.write import WriteStage
from dynascene.errors import InputError
from dynascene.estimators.names import BackendName, DetectorName

LONGEST = 100_000  # minutes of a time limit: two months


@dataclass(frozen=True, kw_only=True)
class CurationOptions:
    """What a user can set.

    Attributes:
        min_height: pixels of the shorter side.
        shortest, longest: seconds of a clip; longer shots are divided; None: never.
        most_similar: similarity S (Eq. 3) from which on a clip is dropped.
        most_similar_background: the same of what lies off the person.
        person_detector: None: the best one whose weights are in the cache; ``none``: no test for
            people.
        matte: backend that makes the matte; None: the default of ``dynascene matte``.
        worst_camera: worst verdict of the tracker that is still kept.
        time_limit: minutes that a stage may take for one clip.
        poses: whether clips carry the person's body pose.

    Raises:
        InputError: a value is out of range.
    """

    min_height: int = 1080
    shortest: float = 1.0
    longest: float | None = None
    most_similar: float = 0.8
    most_similar_background: float = 0.8
    person_detector: DetectorName | Literal["none"] | None = None
    matte: BackendName | None = None
    worst_camera: Literal["good", "doubtful"] = "good"
    time_limit: float = TIME_LIMIT / 60
    poses: bool = False

    def __post_init__(self) -> None:
        shortest, longest = self.shortest, self.longest
        if self.min_height < 0:
            raise InputError(f"`min_height` {self.min_height}: must be 0 or more")
        if not 0 <= shortest < math.inf:
            raise InputError(f"`shortest` {shortest:g}: must be 0 seconds or more")
        if longest is not None and not max(shortest, 0) < longest < math.inf:
            raise InputError(f"`longest` {longest:g}: must be more than `shortest` {shortest:g}")
        for name in ("most_similar", "most_similar_background"):
            if not 0 < getattr(self, name) <= 1:
                value = getattr(self, name)
                raise InputError(f"`{name}` {value:g}: must be more than 0, and 1 at most")
        if not 0 < self.time_limit <= LONGEST:
            raise InputError(
                f"`time_limit` {self.time_limit:g}: must be more than 0, and {LONGEST} at most"
            )


def full_plan(options: CurationOptions, cache: Path) -> Plan:
    """The plan for videos of any kind.

    The order is by cost: the container, then small frames, then networks. The person stage comes
    before the motion stage, whose second measure leaves the person's box out.

    Args:
        options: what to keep.
        cache: folder for fetched sources.

    Raises:
        InputError: no detector's weights are in the cache.
    """
    probe = ProbeConfig(min_height=options.min_height, min_seconds=options.shortest)
    shots = ShotsConfig(shortest=options.shortest, longest=options.longest)
    detector = _detector(options)
    looks = [
        ProbeStage(probe),
        ShotsStage(shots),
        *([PersonStage(PersonConfig(detector))] if detector else []),
        MotionStage(
            MotionConfig(most=options.most_similar, background=options.most_similar_background)
        ),
        _matte(options, detector),
        CameraStage(CameraConfig(worst=options.worst_camera)),
        FingerprintStage(),
        *_poses(options),
    ]
    return _plan(options, cache, looks, without_duplicates)


def rebuilding_plan(release: Path, options: CurationOptions, cache: Path) -> Plan:
    """The plan that rebuilds the clips of a release: only mattes and poses are computed again."""
    looks = [RecordedStage.of(release), _matte(options, _detector(options)), *_poses(options)]
    return _plan(options, cache, looks, list)


def _plan(
    options: CurationOptions, cache: Path, looks: Sequence[ClipStage], decide: Decision
) -> Plan:
    return Plan(Fetcher(cache), looks, decide, (WriteStage(),), 60 * options.time_limit)


def _detector(options: CurationOptions) -> DetectorName | None:
    return None if options.person_detector == "none" else detector_at_hand(options.person_detector)


def _poses(options: CurationOptions) -> list[PoseStage]:
    return [PoseStage(pose_config_at_hand())] if options.poses else []


def _matte(options: CurationOptions, detector: DetectorName | None) -> MatteStage:
    backend = backend_at_hand(options.matte)
    if backend != "motion":  # the networks need to know where the person is
        detector = detector or detector_at_hand()
    return MatteStage(MatteConfig(backend, detector))
