"""What is evaluated, and on what: systems on the shots of a benchmark.

F frames, H W pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from dynascene.geometry.lifting import LiftedScene
from dynascene.types import Batch


class ShotInputs(NamedTuple):
    """What a system may see of a shot.

    batch: one clip, without its ``video``. scene: the picture in 2.5-D, in whose world the batch's
    cameras stand; None = not known. clip: its name; empty where the benchmark does not have it.
    """

    batch: Batch
    scene: LiftedScene | None = None
    clip: str = ""


@dataclass(frozen=True)
class EvaluationShot:
    """What systems may see, and what they are compared with.

    batch, scene: as in ShotInputs. truth: uint8 [F, H, W, 3], the place without a person.
    place: what was filmed (the panorama, the source video): clips of one place are no independent
        witnesses, so intervals draw places. Empty = a place of its own, named as the shot.
    """

    name: str
    batch: Batch
    truth: np.ndarray
    place: str = ""
    scene: LiftedScene | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", self.place or self.name)

    @property
    def inputs(self) -> ShotInputs:
        return ShotInputs(self.batch, self.scene, self.name)


class Benchmark(Protocol):
    """Shots in a fixed order: clips of unseen places. note: what its guide knows, for the page."""

    @property
    def name(self) -> str: ...

    @property
    def note(self) -> str: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> EvaluationShot: ...


class EvaluatedSystem(Protocol):
    """A way to make a background, as it is judged.

    render: frames by row of the table, uint8 [F, H, W, 3]: what it delivers, under its name, and
        further pictures under names of their own; with ``estimates`` also what only accuracy is
        read off.
    weights: sha256 by name. sampling: the numbers it samples with, by name.
    """

    @property
    def name(self) -> str: ...

    @property
    def weights(self) -> Mapping[str, str]: ...

    @property
    def sampling(self) -> Mapping[str, float]: ...

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]: ...


def regions(batch: Batch) -> dict[str, np.ndarray]:
    """Bool masks [F, H, W] of the first clip: the whole background (matte = 0), the part of it that
    the scene picture shows, and the part that the camera reveals."""
    whole = (batch.matte[0, :, 0] == 0).numpy()
    if batch.guide_visibility is None:
        return {"whole": whole, "seen": whole, "revealed": np.zeros_like(whole)}
    seen = (batch.guide_visibility[0, :, 0] >= 0.5).numpy()
    return {"whole": whole, "seen": whole & seen, "revealed": whole & ~seen}
