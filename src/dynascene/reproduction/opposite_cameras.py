"""The paper's Figure 10: a clip without a camera, along the opposite one, and along its own.

For a clip that pans and for one that dollies. Beside each picture stands how far the camera seems
to have gone: the one from which the true place looks most like the last frame.

Legend: F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.evaluation.camera_fit import best_views, fitting_size, tried_shares
from dynascene.evaluation.gap import CameraFollower
from dynascene.evaluation.gap_sheet import LEAST_WIDTH
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import (
    SheetHeader,
    SheetRow,
    contact_sheet,
    spread_frames,
    stack_sheets,
)
from dynascene.synthetic.shots.moved_clips import MovedClips, moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShots, TrueViews
from dynascene.types import Batch

PAN, DOLLY = 0, 2  # numbers of clips, whose moves come in turn
NO_CAMERA, OPPOSITE, MATCHING = "no camera", "opposite", "matching"
LABEL_WIDTH = 360


class FilmedMove(NamedTuple):
    """A clip of one plain move, and the true views along it."""

    move: str
    clips: MovedClips
    views: TrueViews


def filmed_moves(shots: MovedShots) -> list[FilmedMove]:
    """A pan and a dolly."""
    moves = []
    for index in (PAN, DOLLY):
        shot = shots[index]
        views = shots.true_views(index, tried_shares(), fitting_size(shots.shots.size))
        moves.append(FilmedMove(shot.move, moved_clips([shot]), views))
    return moves


def camera_variants(system: CameraFollower, clips: MovedClips, seed: int) -> dict[str, Tensor]:
    """Frames [F, 3, H, W] in 0 … 1 by the camera that is given, from the same noise."""
    clip = clips.clip
    by_camera = {
        NO_CAMERA: without_camera(clip),
        OPPOSITE: clips.opposite,
        MATCHING: clip,
    }
    with torch.no_grad():
        return {name: system.frames(each, seed)[0] for name, each in by_camera.items()}


def without_camera(clip: Batch) -> Batch:
    """The clips with the null camera, and without points, which would tell of it."""
    silent = clip.replace(has_camera=torch.zeros(len(clip), dtype=torch.bool))
    if clip.points is None:
        return silent
    visible = clip.points.new_tensor([1, 1, 0, 1, 1])  # x, y, visibility, and x, y at first
    return silent.replace(points=clip.points * visible)


def last_share(frames: Tensor, judged: Tensor, views: TrueViews) -> float:
    """How far the camera of the last frame seems to have gone, as a share of the true move.

    Args:
        frames, judged: [F, 3, H, W] and [F, 1, H, W].
        views: along the move.
    """
    return float(views.shares[best_views(frames[-1:], judged[-1:], views.colours)[0]])


def opposite_cameras_sheet(
    systems: Sequence[CameraFollower], moves: Sequence[FilmedMove], seed: int
) -> tuple[np.ndarray, dict[str, dict[str, dict[str, float]]]]:
    """The figure, and the shares that stand in it.

    Returns:
        The picture, uint8 [H, W, 3]; share by move, system and given camera.
    """
    sheets, shares = [], {}
    for move, clips, views in moves:
        truth = clips.truth[0]
        rows = [SheetRow("truth", _pictures(truth))]
        shares[move] = {}
        for system in systems:
            variants = camera_variants(system, clips, seed)
            measured = {
                name: last_share(frames, clips.judged[0], views)
                for name, frames in variants.items()
            }
            shares[move][system.name] = measured
            rows += [
                SheetRow(f"{system.name}\n{name}: {_percent(measured, name)}", _pictures(frames))
                for name, frames in variants.items()
            ]
        captions = [f"frame {number}" for number in spread_frames(len(truth))]
        scene = _pictures(clips.clip.scene_image / 2 + 0.5)[0]
        header = SheetHeader(scene, f"{move}: the camera seems to have gone so far of the true way")
        sheets.append(contact_sheet(rows, captions, header, LABEL_WIDTH))
    return stack_sheets(sheets), shares


def _percent(measured: Mapping[str, float], name: str) -> str:
    return f"{measured[name]:+.0%}"


def _pictures(frames: Tensor) -> list[np.ndarray]:
    """Some of [F, 3, H, W] in 0 … 1, enlarged without smoothing: uint8 [H, W, 3]."""
    pixels = bytes_from_tensor(frames[spread_frames(len(frames))])
    times = max(1, -(-LEAST_WIDTH // pixels.shape[2]))
    return [picture.repeat(times, 0).repeat(times, 1) for picture in pixels]
