"""The frames of a clip that a sample needs, decoded, with their mattes and cameras."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.filmed.cropping import cropped_frames
from dynascene.datasets.filmed.further_fields import read_field
from dynascene.datasets.filmed.opening import OpenClip
from dynascene.geometry.tracks import resize_track
from dynascene.types import CameraTrack, Size


def read_piece(
    name: str, clip: OpenClip, piece: Sequence[int], others: Sequence[int], size: Size
) -> FilmedClip:
    """The frames ``piece`` and ``others`` of a clip, scaled to cover ``size``, cropped centrally.

    Squeezed frames get back their shape, so pixels are square.

    Raises:
        InputError: a frame is missing or damaged.
    """
    numbers, length = [*piece, *others], len(piece)
    cameras = clip.square
    pictures = cropped_frames(clip.frames, numbers, size, cameras.size)
    if clip.matte is not None:
        matte = cropped_frames(clip.matte, numbers, size, cameras.size)
    else:
        matte = pictures[:, 3:] if clip.has_person else torch.zeros_like(pictures[:, :1])
    video = pictures[:, :3]
    chosen = CameraTrack(cameras.cam_from_world[numbers], cameras.intrinsics[numbers], cameras.size)
    track = resize_track(chosen, size)
    return FilmedClip(
        name=name,
        video=video[:length],
        matte=matte[:length],
        cameras=track[:length],
        others=video[length:],
        others_matte=matte[length:],
        others_cameras=track[length:],
        has_camera=clip.has_camera,
        track_scale=clip.track_scale,
        inputs={
            field: read_field(field, path, piece, size, cameras.size)
            for field, path in clip.fields.items()
        },
    )
