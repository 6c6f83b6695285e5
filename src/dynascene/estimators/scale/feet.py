"""Rays of the camera to the person's feet and head."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.estimators.scale.silhouette import person_silhouette
from dynascene.geometry.placing import FilmedFeet
from dynascene.geometry.tracks import relative_track, resize_track
from dynascene.io.picking import pick
from dynascene.types import ArrayFrames, CameraTrack, FrameSource

FRAMES_LOOKED_AT = 16


def rays_through(track: CameraTrack, points: np.ndarray) -> np.ndarray:
    """Rays through points [F, 2] of the frames, one for each camera, in world axes: [F, 3]."""
    pixels = torch.from_numpy(np.column_stack([points, np.ones(len(points))]))
    in_camera = torch.linalg.solve(track.intrinsics, pixels[..., None])
    return (track.cam_from_world[:, :3, :3].mT @ in_camera)[..., 0].numpy()


def first_feet(matte: FrameSource, track: CameraTrack) -> FilmedFeet | None:
    """The person's feet in the first frame that shows them; None where none does.

    Args:
        matte: [H, W, 1], 255 = person.
        track: one camera per frame.
    """
    track = relative_track(resize_track(track, matte.size))
    for index, frame in enumerate(matte.read()):
        silhouette = person_silhouette(ArrayFrames([frame]))
        if silhouette.seen[0] and not silhouette.feet_cut[0]:
            ray = torch.from_numpy(rays_through(track[index : index + 1], silhouette.foot)[0])
            return FilmedFeet(index, torch.nn.functional.normalize(ray, dim=0))
    return None


def standing_rays(matte: FrameSource, track: CameraTrack) -> Tensor:
    """Unit rays to the lowest and to the highest point of the person: [N, 2, 3].

    Args:
        matte: [H, W, 1], 255 = person.
        track: one camera per frame.

    Returns:
        Rays in the first camera's axes. Frames without feet (nobody, or cut off by the lower
        border) are left out; N may be 0.
    """
    return seen_feet(matte, track).ends


class SeenFeet(NamedTuple):
    """Frames that show a person's feet.

    Attributes:
        frames: their numbers, [N].
        ends: [N, 2, 3] unit rays to the feet and to the head, in the first camera's axes.
    """

    frames: Tensor
    ends: Tensor


def seen_feet(matte: FrameSource, track: CameraTrack) -> SeenFeet:
    """The feet in some frames of a clip, as for ``standing_rays``."""
    looked_at = sorted({round(i) for i in np.linspace(0, len(matte) - 1, FRAMES_LOOKED_AT)})
    frames = ArrayFrames(list(pick(matte, looked_at)))
    silhouette = person_silhouette(frames)
    seen = silhouette.seen & ~silhouette.feet_cut
    track = relative_track(resize_track(track, matte.size))
    cameras = CameraTrack(track.cam_from_world[looked_at], track.intrinsics[looked_at], track.size)
    ends = [rays_through(cameras, end)[seen] for end in (silhouette.foot, silhouette.head)]
    rays = torch.nn.functional.normalize(torch.from_numpy(np.stack(ends, axis=1)), dim=-1)
    return SeenFeet(torch.tensor(looked_at)[torch.from_numpy(seen)], rays)
