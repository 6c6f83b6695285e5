"""Is a long pan followed to its end, where a network takes the clip in many windows?

A panorama is filmed by a camera that pans on the spot, so every view of it is known exactly. The
clip goes through ``generate``, as a user's does: the picture is lifted to a scene, the track is
placed in it, and windows overlap as they do there. The camera of each frame is then the one from
which the true place looks most like it (see ``camera_fit``).

Legend: F frames, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.imagery import SPLITS, Folders
from dynascene.evaluation.camera_error import camera_error
from dynascene.evaluation.camera_fit import best_views, fitting_size
from dynascene.evaluation.systems import backgrounds
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.geometry.controls import track_from_controls
from dynascene.geometry.framing import Framing
from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.rays import track_rays
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.places.panorama import PanoramaPlace
from dynascene.synthetic.shots.short_filming import FINENESS, Setting, render, seen_from
from dynascene.types import CameraTrack, Shot, Size

FRAMES, DEGREES, FOV = 72, 60.0, 65.0
STARTS: Mapping[str, float] = {
    "around the picture": -DEGREES / 2,  # so that the picture shows something of every frame
    "away from it": 0.0,  # the picture shows next to nothing of the last frames
}
TRIED = 90  # degrees either way, in steps of one
LAST = 8  # frames that count as the end
LEAST_TRACKED = 128  # pixels across, below which nothing can be tracked


@dataclass(frozen=True)
class LongPan:
    """A pan on the spot in a panorama.

    way: 1 to the right, −1 to the left. start: degrees from the picture's middle against the way.
    """

    name: str
    place: PanoramaPlace
    way: int
    start: float

    @property
    def yaws(self) -> np.ndarray:
        """Degrees [F] to the right of the picture's middle."""
        return self.way * (self.start + np.linspace(0, DEGREES, FRAMES))

    def views(self, degrees: np.ndarray, size: Size) -> Tensor:
        """The true place at some degrees [N]: [N, 3, H, W] in 0 … 1."""
        return self._render(_panned(torch.from_numpy(degrees), size))

    def frames(self, options: GenerationOptions, size: Size, seed: int) -> np.ndarray:
        """What ``generate`` delivers of the pan, given the view of its middle as the picture.

        Args:
            options: of the generator.
            size: of the picture and the frames.
            seed: of the sampling.

        Returns:
            uint8 [F, H, W, 3].
        """
        camera = PictureCamera(focal_from_fov(FOV, size), size, size.height / 2)
        scene = lift_to_stage(self.views(np.zeros(1), size)[0], camera)
        shot = Shot(None, None, self.track(size), DEFAULT_FRAME_RATE)
        framing = Framing(float(self.yaws[0]), 0.0)
        return backgrounds(generate(shot, scene, replace(options, framing=framing, seed=seed)))

    def track(self, size: Size) -> CameraTrack:
        """The cameras, in the world of the first one."""
        return _panned(torch.from_numpy(self.yaws - self.yaws[0]), size)

    def seen(self, size: Size) -> Tensor:
        """Where the picture shows what the pan films, [F, 1, H, W]."""
        endless = torch.full((FRAMES, 1, size.height, size.width), torch.inf)
        picture = _panned(torch.zeros(1, dtype=torch.float64), size)
        rays = track_rays(_panned(torch.from_numpy(self.yaws), size))
        return seen_from(picture, endless[:1], rays, endless).float()

    def _render(self, track: CameraTrack) -> Tensor:
        return render(Setting(self.place, track[:1], torch.ones(3, 1, 1)), track)[0]


def _panned(degrees: Tensor, size: Size) -> CameraTrack:
    view = intrinsics_from_fov(FOV, size)
    return track_from_controls({"pan": degrees}, len(degrees), view, size)


def long_pan(library: Library, index: int, start: float, seed: int) -> LongPan:
    """The panoramas of a split in turn, each turned at random, panned both ways."""
    rng = np.random.default_rng([seed, SPLITS.index(library.split), index, 5])
    places = len(library.names("panorama"))
    name, levels = library.panorama(index % places)
    place = PanoramaPlace(levels, rng.uniform(-math.pi, math.pi), bool(rng.random() < 0.5), None)
    way = 1 if (index + index // places) % 2 == 0 else -1
    return LongPan(name, place, way, start)


def pan_library(split: str, size: Size, folder: Folders) -> Library:
    """Panoramas fine enough for frames of a size."""
    return Library(split, FINENESS * size.width, folder)


class PanError(NamedTuple):
    """Degrees between the fitting and the told camera of one clip; nan: no such figure.

    mean, end: over all frames and over the last ones. seen, seen_end: the same, with frames
    compared only where the picture shows the place along the told track.
    tracked: mean rotation error of the camera that is tracked in the frames, where they are large
    enough. fitting: [F], degrees of the fitting cameras.
    """

    mean: float
    end: float
    seen: float
    seen_end: float
    tracked: float
    fitting: np.ndarray


def pan_error(pan: LongPan, frames: np.ndarray) -> PanError:
    """How well frames, uint8 [F, H, W, 3], follow a pan."""
    size = Size(frames.shape[2], frames.shape[1])
    tried = np.arange(-TRIED, TRIED + 1.0)
    pictures = torch.stack([tensor_from_bytes(frame) for frame in frames])
    views = pan.views(tried, fitting_size(size))
    everywhere, seen = torch.ones_like(pictures[:, :1]), pan.seen(size)
    fitting, there = (tried[best_views(pictures, w, views).numpy()] for w in (everywhere, seen))
    error = np.abs(fitting - pan.yaws)
    shown = seen.flatten(1).any(1).numpy()
    seen_error = np.where(shown, np.abs(there - pan.yaws), np.nan)
    tracked = math.nan
    if size.width >= LEAST_TRACKED:
        tracked = camera_error(frames, pan.track(size), None).rotation_mean
    end = math.nan if not shown[-LAST:].any() else float(np.nanmean(seen_error[-LAST:]))
    return PanError(
        float(error.mean()), float(error[-LAST:].mean()),
        float(np.nanmean(seen_error)), end, tracked, fitting,
    )  # fmt: skip
