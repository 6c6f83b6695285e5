"""Filmed clips for systems that make the person too: skeletons, a picture of them, points.

Legend: F frames, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.evaluation.protocol import Benchmark, EvaluationShot
from dynascene.generation.motion_input import points_along
from dynascene.geometry.tracks import opposite_track
from dynascene.types import Batch, CameraTrack


@dataclass(frozen=True)
class MotionBenchmark:
    """A benchmark of filmed clips with the fields that tell of a person's motion.

    Skeletons are read from files beside the clips; where nobody is, they are black. The person's
    picture is cut out of the first frame. Points are places of the scene picture, lifted as
    generation lifts it, seen along the told track.

    Attributes:
        benchmark: whose clips.
        inputs: ``skeleton``, ``character`` and ``points``, or some of them.
    """

    benchmark: Benchmark
    inputs: frozenset[str]

    @property
    def name(self) -> str:
        return self.benchmark.name

    @property
    def note(self) -> str:
        return self.benchmark.note

    def __len__(self) -> int:
        return len(self.benchmark)

    def __getitem__(self, index: int) -> EvaluationShot:
        """Raises InputError where somebody is in a clip that has no poses."""
        shot = self.benchmark[index]
        batch, further = shot.batch, {}
        if "skeleton" in self.inputs:
            further["skeleton"] = _skeleton(shot)
        if "character" in self.inputs:
            # black is −1, and the foreground, times the matte, is 0 off the person
            further["character"] = batch.foreground[:, 0] + batch.matte[:, 0] - 1
        batch = batch.replace(**further)
        if "points" in self.inputs:
            batch = batch.replace(points=_points(shot, batch, _track(batch)))
        return EvaluationShot(shot.name, batch, shot.truth, shot.place, shot.scene)


def opposite_clip(shot: EvaluationShot) -> Batch:
    """A clip along the opposite track, its points too.

    Raises:
        InputError: it has points, and nobody knows the shape of its place.
    """
    clip = shot.batch
    track = opposite_track(_track(clip))
    opposite = clip.replace(cam_from_world=track.cam_from_world[None].to(clip.cam_from_world))
    if clip.points is None:
        return opposite
    return opposite.replace(points=_points(shot, clip, track))


def _track(clip: Batch) -> CameraTrack:
    return CameraTrack(clip.cam_from_world[0].double(), clip.intrinsics[0], clip.size)


def _skeleton(shot: EvaluationShot) -> Tensor:
    if shot.batch.skeleton is not None:
        return shot.batch.skeleton
    if bool((shot.batch.matte > 0).any()):
        raise InputError(
            f"{shot.name}: somebody is in this clip, and their poses are not beside it; put "
            "skeleton.json there, see docs/datasets.md"
        )
    return torch.zeros_like(shot.batch.foreground)


def _points(shot: EvaluationShot, clip: Batch, track: CameraTrack) -> Tensor:
    """[1, F, 50, 5], hidden around the person."""
    if shot.scene is None:
        raise InputError(f"{shot.name}: the shape of its place is not known, so it has no points")
    skeletons = None if clip.skeleton is None else clip.skeleton[0]
    pose, lens = clip.scene_cam_from_world, clip.scene_intrinsics
    if pose is None or lens is None:
        raise InputError(f"{shot.name}: the camera of its scene picture is not known")
    picture = CameraTrack(pose.double(), lens.double(), clip.size)
    return points_along(track, shot.scene.surface, picture, skeletons)[None]
