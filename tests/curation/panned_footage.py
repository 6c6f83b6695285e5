"""Small videos with known answers, and a plan that needs no person and tracks no camera."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from tiny_stages import Tiny

from dynascene.curation.clip import Clip
from dynascene.curation.pipeline import Plan
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.types import CameraTrack, Size

FRAMES, SIDE = 36, 96


def write_pan(path: Path, step: int, seed: int = 0) -> None:
    """A window that moves ``step`` pixels a frame over a blurred random picture."""
    noise = np.random.default_rng(seed).integers(0, 255, (SIDE, SIDE + step * FRAMES, 3), np.uint8)
    picture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)  # ty: ignore[no-matching-overload]
    with H264Writer(path, Size(SIDE, SIDE), Fraction(24)) as writer:
        for frame in range(FRAMES):
            writer.write(np.ascontiguousarray(picture[:, frame * step : frame * step + SIDE]))


class StillCamera(Tiny):
    """Says of every clip that its camera stands still."""

    name = "camera"

    def __call__(self, clip: Clip, folder: Path) -> list[Clip]:
        count = clip.stop - clip.start
        poses = torch.eye(4).repeat(count, 1, 1)
        view = intrinsics_matrix(90, 90, SIDE / 2, SIDE / 2).expand(count, 3, 3)
        write_cameras(CameraTrack(poses, view, Size(SIDE, SIDE)), folder / "cameras.txt")
        return [clip.with_files(cameras="cameras.txt")]


def without_costly_stages(make_plan: Callable[..., Plan]) -> Callable[..., Plan]:
    """The same plan without mattes and with cameras that stand still."""

    def make_cheap_plan(*arguments: Any) -> Plan:
        plan = make_plan(*arguments)
        cheap = {"matte": [], "camera": [StillCamera()]}
        looks = [new for stage in plan.looks for new in cheap.get(stage.name, [stage])]
        return replace(plan, looks=looks)

    return make_cheap_plan
