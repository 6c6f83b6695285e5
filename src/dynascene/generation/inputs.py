"""What a generator needs: the shot and the place, opened and checked."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynascene.geometry.cards import Upright
from dynascene.geometry.framing import Attitude, Framing
from dynascene.geometry.lifting import LiftedScene
from dynascene.types import Shot


@dataclass(frozen=True)
class Inputs:
    """Everything that a generator needs.

    Args:
        place: what is known of the scene's shape, for the report.
        attitude: how the first camera was held, and where the person stands; None without a
            person, unless it is written beside the camera file.
        framing: where the first camera stands and looks; None without a person.
        estimates: what was estimated from the clip, for the report.
        still: the person is a single picture.
        sound: the video file whose sound belongs to the shot, and the second where it begins.
        numbers: in a preview, those of the frames in the clip.
        uprights: things of the picture that were made to stand, in the request's order.
    """

    shot: Shot
    scene: LiftedScene
    place: dict[str, Any]
    attitude: Attitude | None = None
    framing: Framing | None = None
    estimates: dict[str, Any] = field(default_factory=dict)
    still: bool = False
    sound: tuple[Path, float] | None = None
    numbers: tuple[int, ...] | None = None
    uprights: tuple[Upright, ...] = ()
