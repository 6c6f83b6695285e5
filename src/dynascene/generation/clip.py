"""What goes into a generator and what comes out: the contract of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dynascene.geometry.framing import Attitude, Framing
from dynascene.imaging.pixels import unit_floats
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, Size

if TYPE_CHECKING:  # diffusers loads for seconds
    from dynascene.generation.weights import LoadedWeights

DEFAULT_GENERATOR = "diffusion"


@dataclass(frozen=True)
class GenerationOptions:
    """How to make a background.

    generator: a name of ``generate.GENERATORS``.
    size: the background's rendering size; None = the size that the shot's cameras are for.
    framing: where the first frame looks into the picture: given, its "centre", or "auto": from
        where the track sees most of it.
    attitude: how the first camera was held; None = as the track or the person tells.
    seed, steps, guidance, weights: for generators that sample; the projection has no use for them.
        Steps and guidance of None are those that the weights are best sampled with. weights: their
        name, None = the bundled ones; or loaded ones.
    prompt, negative_prompt: what the background is to show and what not, for ``vace``.
    preset: the gigabytes of the GPU that ``vace`` is to fit, a name of ``PresetName``.
    four_bits: hold the transformer of ``vace`` in 4 bits.
    null_camera: sample as for a clip whose camera is unknown.
    scene_memory: paint what the camera reveals once, in key views, before a clip is sampled.
    estimate_samples: give an estimate of the most probable frames too, the mean of so many samples
        where sampling takes several steps; None = no estimate.
    """

    generator: str = DEFAULT_GENERATOR
    size: Size | None = None
    framing: Framing | str = "auto"
    attitude: Attitude | None = None
    seed: int = 0
    steps: int | None = None
    guidance: float | None = None
    weights: str | LoadedWeights | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    preset: str | None = None
    four_bits: bool = False
    null_camera: bool = False
    scene_memory: bool = True
    estimate_samples: int | None = None


class GeneratedFrame(NamedTuple):
    """uint8: background and guide [H, W, 3]; visibility [H, W, 1], 255 = shown by the picture.

    painted: [H, W, 1], 255 = shown by what a key view painted; None without any, and in a clip's
        own frames.
    network: [h, w, 3] at the model's size, the network's own pixels before the guide's detail is
        joined to them; None where they are the background itself, or nothing was sampled.
    estimate: [H, W, 3], the most probable colours, soft: what the picture shows, and else the mean
        of what the network might paint, without the guide's detail; None where there is none.
    fine: float32 [H, W, 3] in 0 … 1, the background before it was rounded.
    """

    background: np.ndarray
    guide: np.ndarray
    visibility: np.ndarray
    painted: np.ndarray | None = None
    network: np.ndarray | None = None
    estimate: np.ndarray | None = None
    fine: np.ndarray | None = None

    @property
    def exact_background(self) -> np.ndarray:
        """The background as exact as it is known, float32 [H, W, 3] in 0 … 1."""
        return unit_floats(self.background) if self.fine is None else self.fine


@dataclass(frozen=True)
class GeneratedClip:
    """A background that is made while it is read.

    track: the cameras it is rendered with, in the scene's world, for the rendering size.
    framing: where the first frame looks into the picture.
    seen_shares: how much of each frame the picture itself shows, 0 … 1.
    frames: starts the rendering; every call gives the same frames.
    weights: sha256 by name, of the weights that took part; all there once it was sampled.
    sampling: the numbers it is sampled with, by name.
    estimate: how the estimates of its frames are made, in words; None = they have none.
    sample: does the slow work before the first frame now, as a stage of the log; None = there is
        none. ``frames`` does it itself where it was not called.
    """

    track: CameraTrack
    framing: Framing
    seen_shares: tuple[float, ...]
    frames: Callable[[], Iterator[GeneratedFrame]]
    weights: dict[str, str] = field(default_factory=dict)
    sampling: dict[str, float] = field(default_factory=dict)
    estimate: str | None = None
    sample: Callable[[Log], None] | None = None

    @property
    def seen_share(self) -> float:
        """How much of the whole clip the picture itself shows, 0 … 1."""
        return sum(self.seen_shares) / len(self.seen_shares)

    @property
    def least_seen(self) -> int:
        """The first of the frames of which the picture shows least."""
        return self.seen_shares.index(min(self.seen_shares))
