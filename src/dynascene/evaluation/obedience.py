"""Camera obedience: do opposite pans move the background in opposite, right directions?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from dynascene.estimators.horizon import estimate_horizon
from dynascene.evaluation.flow import mean_flow, obeys
from dynascene.evaluation.protocol import (
    EvaluatedSystem,
    EvaluationShot,
    ShotInputs,
    regions,
)
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.model_input import model_batch
from dynascene.geometry.controls import track_from_controls
from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.picture import PictureCamera
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import Shot

DEGREES_PER_FRAME = 0.85  # 20 degrees in 24 frames: no more than flow can follow
SCENE_FOV, VIDEO_FOV = 60.0, 45.0  # the picture shows more than a frame


class PanFlow(NamedTuple):
    """Mean horizontal background flow, pixels per frame, of a pan to the left and to the right."""

    left: float
    right: float

    @property
    def obeyed(self) -> bool:
        return obeys(self.left, self.right)


class Pans(NamedTuple):
    """The two opposite pans of one shot: its scene picture and person, another camera."""

    left: ShotInputs
    right: ShotInputs


def opposite_pans(shot: EvaluationShot) -> Pans:
    """A shot's scene panned both ways from the picture's middle, the shot's person before it."""
    return Pans(_panned(shot, -DEGREES_PER_FRAME), _panned(shot, DEGREES_PER_FRAME))


def _panned(shot: EvaluationShot, degrees_per_frame: float) -> ShotInputs:
    original = shot.batch
    size, frames = original.size, original.matte.shape[1]
    picture = original.scene_image[0] / 2 + 0.5
    focal = focal_from_fov(SCENE_FOV, size)
    horizon = estimate_horizon(bytes_from_tensor(picture[None])[0], focal).row
    scene = lift_to_stage(picture, PictureCamera(focal, size, horizon))
    pan = degrees_per_frame * torch.arange(frames, dtype=torch.float64)
    view = intrinsics_from_fov(VIDEO_FOV, size)
    track = track_from_controls({"pan": pan}, frames, view, size)
    alone = Shot(None, None, track, DEFAULT_FRAME_RATE)
    options = GenerationOptions(generator="projection", framing="centre")
    guide = generate(alone, scene, options)
    batch = model_batch(alone, scene, guide, size)
    batch = batch.replace(foreground=original.foreground, matte=original.matte)
    return ShotInputs(batch, scene)


def pan_flows(
    systems: Sequence[EvaluatedSystem], shot: EvaluationShot, seed: int
) -> dict[str, PanFlow]:
    """The flows of a shot's opposite pans, by row of the table."""
    flows: dict[str, PanFlow] = {}
    pans, background = opposite_pans(shot), regions(shot.batch)["whole"]
    for system in systems:
        left, right = (
            {row: float(mean_flow(frames, background)[0]) for row, frames in shown.items()}
            for shown in (system.render(pan, seed, estimates=False) for pan in pans)
        )
        flows |= {row: PanFlow(left[row], right[row]) for row in left}
    return flows


def obeyed_share(flows: Sequence[PanFlow]) -> float:
    """The share of shots whose pans both moved the background the right way, 0 … 1."""
    return float(np.mean([flow.obeyed for flow in flows]))
