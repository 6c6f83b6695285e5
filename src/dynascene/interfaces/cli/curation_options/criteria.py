"""What is said of the clips that are kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import arg

from dynascene.estimators.names import DetectorName
from dynascene.interfaces.cli.arguments import OptionalBackend, Switch, alternatives, optional

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.curation.plan import CurationOptions


@dataclass(frozen=True, kw_only=True)
class CriteriaOptions:
    """What is kept, and what a clip carries.

    Args:
        min_height: videos whose shorter side has fewer pixels are dropped.
        shortest: shorter shots are dropped.
        longest: longer shots are divided.
        most_similar: clips that move less are dropped: the mean similarity (SSIM) of frames half a
            second apart.
        most_similar_background: the same of what lies off the person.
        person_detector: who finds people; none: clips are kept whoever is in them (default: the
            best whose weights were fetched before).
        matte_backend: how the person is cut out (default: as dynascene matte).
        poses: clips carry the person's body pose, as dynascene pose reads it.
        worst_camera: the least verdict on a tracked camera that is kept.
        time_limit: a clip is dropped by the stage that takes longer for it.
    """

    min_height: Annotated[int, arg(metavar="PIXELS")] = 1080
    shortest: Annotated[float, arg(metavar="SECONDS")] = 1.0
    longest: Annotated[float | None, optional("SECONDS")] = None
    most_similar: Annotated[float, arg(metavar="S")] = 0.8
    most_similar_background: Annotated[float, arg(metavar="S")] = 0.8
    person_detector: Annotated[
        DetectorName | Literal["none"] | None, optional(f"{alternatives(DetectorName)}|none")
    ] = None
    matte_backend: OptionalBackend = None
    poses: Switch = False
    worst_camera: Literal["good", "doubtful"] = "good"
    time_limit: Annotated[float, arg(metavar="MINUTES")] = 60.0

    def options(self) -> CurationOptions:
        """Raises InputError where a value is out of range."""
        from dynascene.curation.plan import CurationOptions

        values = asdict(self)
        return CurationOptions(matte=values.pop("matte_backend"), **values)
