"""What is said of a person who was not filmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynascene.interfaces.cli.arguments import OptionalPath

if TYPE_CHECKING:  # imported where it is made: --help must not wait for torch
    from dynascene.generation.request import MotionInput


@dataclass(frozen=True, kw_only=True)
class MotionOptions:
    """Somebody who was not filmed, in place of PERSON (weights of animateanywhere, disentangled).

    Args:
        pose: how they move: a file of poses, or a skeleton video.
        person_image: a picture of that person; without alpha it is cut out (dynascene weights
            pose).
        points: points by which the background moves, as dynascene points writes them (weights of
            disentangled; default: they follow the camera of --move or --cameras).
    """

    pose: OptionalPath = None
    person_image: OptionalPath = None
    points: OptionalPath = None

    def request(self) -> MotionInput:
        """How they move."""
        from dynascene.generation.request import MotionInput

        return MotionInput(pose=self.pose, person_image=self.person_image, points=self.points)
