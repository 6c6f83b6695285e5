"""How a person moves who was not filmed: a sequence of poses, and their picture.

F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.body_pose import BodyPose
from dynascene.errors import InputError
from dynascene.generation.model_input import stretched
from dynascene.generation.person_picture import read_person
from dynascene.generation.request import MotionInput
from dynascene.geometry.intrinsics import contain_scale
from dynascene.geometry.rays import track_rays
from dynascene.geometry.surface import Surface
from dynascene.geometry.world_points import points_of_frame, rows_off, seen_points, spread_shares
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.io.frames import open_frames
from dynascene.io.points import MOST as POINTS
from dynascene.io.points import read_points
from dynascene.io.poses.formats import CONVERT, is_pose_file, read_pose
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.phrases import count_of
from dynascene.types import CameraTrack, FrameSource, Size

if TYPE_CHECKING:  # diffusers loads for seconds
    from dynascene.models.systems.system import System

PARAMETERS = {
    "skeleton": "pose",
    "character": "person_image",
    "points": "points",
}  # field → what gives it
AROUND, DRAWN = 16, 0.1  # of the frame's height around a skeleton, which is brighter than that
LARGEST = Size(384, 216)  # of drawn skeletons: models work at about this size


def motion_frames(
    motion: MotionInput, frames: tuple[int, int] | None
) -> tuple[int, int | None, Fraction]:
    """The first of the poses, how many are used, and how many a second; None: there are none.

    Args:
        motion: the files.
        frames: (start, stop) of the poses that are wanted; None: all.

    Raises:
        InputError: they cannot be read, there are fewer, or the range is empty.
    """
    if motion.pose is None:
        return 0, None, DEFAULT_FRAME_RATE
    source = _opened(motion.pose)
    rate = DEFAULT_FRAME_RATE if isinstance(source, BodyPose) else source.frame_rate
    start, stop = frames or (0, len(source))
    if frames and not 0 <= start < stop:
        raise InputError(f"`frames` {start}:{stop}: must be A:B with 0 <= A < B")
    if stop > len(source):
        raise InputError(
            f"`frames` {start}:{stop}: {motion.pose} has {count_of(len(source), 'frame')}"
        )
    return start, stop - start, rate


def motion_inputs(motion: MotionInput, size: Size, start: int, count: int) -> dict[str, Tensor]:
    """The fields of a clip that are given, without the axis B.

    Poses are put in the middle of the frame as large as they go, as a filmed person is.

    Args:
        motion: the files.
        size: of the background.
        start, count: which frames of the poses are used.

    Raises:
        InputError: a file cannot be read, or has too few frames.
    """
    fields = {}
    small = _limited(size)
    if motion.pose is not None:
        fields["skeleton"] = _skeletons(motion.pose, small, start, count)
    if motion.person_image is not None:
        fields["character"] = character_picture(read_person(motion.person_image), small)
    if motion.points is not None:
        background = read_points(motion.points)
        if start + count > len(background):
            raise InputError(
                f"{motion.points}: has {count_of(len(background), 'frame')}, and {start + count} "
                "are wanted"
            )
        rows = background.tensor_rows()[start : start + count]
        fields["points"] = torch.from_numpy(rows)
    return fields


def points_along(
    track: CameraTrack,
    surface: Surface,
    picture: CameraTrack,
    skeletons: Tensor | None,
    length: int | None = None,
) -> Tensor:
    """``points`` of a place along a track, hidden around the person: [F, 50, 5].

    Args:
        track: the cameras, in the scene's world.
        surface: the place.
        picture: the camera of the scene picture as models see it, a track of one frame.
        skeletons: [F, 3, H, W] of the person; None: nobody is in the way.
        length: frames after which other points are taken, so that a long pan does not leave all of
            them behind; the last ones stay for less than twice as many, since the last clip of a
            chain overlaps the one before. None: the first frame's points stay.
    """
    track = stretched(track, _limited(track.size))
    rays = track_rays(track)
    hits = surface.hit(rays.origins.expand_as(rays.directions), rays.directions)
    depth = rays.depth_of(hits)[:, None]
    starts = [0] if length is None else [length * n for n in range(max(1, len(track) // length))]
    spans = zip(starts, [*starts[1:], len(track)], strict=True)
    rows = torch.cat([_seen_from_first(track[a:b], depth[a:b], picture) for a, b in spans])
    if skeletons is None:
        return rows
    reach = skeletons.shape[-2] // AROUND * 2 + 1
    drawn = skeletons.amax(dim=1, keepdim=True) > DRAWN
    return rows_off(rows, nnf.max_pool2d(drawn.float(), reach, 1, reach // 2) > 0)


def _seen_from_first(track: CameraTrack, depth: Tensor, picture: CameraTrack) -> Tensor:
    return seen_points(points_of_frame(track, depth, spread_shares(POINTS)), track, depth, picture)


def check_not_filmed(system: System | None) -> None:
    """Raises InputError where weights make the person too, and somebody was filmed."""
    if system is not None and system.makes_person:
        raise InputError(
            "these weights make the person too; leave PERSON out and give `pose` and `person_image`"
        )


def check_motion(read: Iterable[str], given: Iterable[str]) -> None:
    """Compare what weights read with what a request gives.

    Args:
        read: fields that the weights read.
        given: fields that are there.

    Raises:
        InputError: one is missing, or is not read.
    """
    wanted, there = set(read) & PARAMETERS.keys(), set(given) & PARAMETERS.keys()
    wanted_files = wanted - {"points"}  # which follow the camera where no file tells them
    if missing := sorted(PARAMETERS[name] for name in wanted_files - there):
        raise InputError(f"these weights read `{missing[0]}`, and none is given: name its file")
    if idle := sorted(PARAMETERS[name] for name in there - wanted):
        raise InputError(f"`{idle[0]}`: these weights do not read it; take others, or leave it out")


def character_picture(pixels: np.ndarray, size: Size) -> Tensor:
    """The person's picture, whole in the middle of a black frame: [3, H, W] in −1 … 1.

    Args:
        pixels: uint8 [h, w, 3], or [h, w, 4] with alpha: what it leaves out becomes black.
        size: of the frame.
    """
    picture = tensor_from_bytes(pixels)
    colour = picture[:3] * picture[3:] if len(picture) == 4 else picture
    return _contained(colour, size) * 2 - 1


def _skeletons(path: Path, size: Size, start: int, count: int) -> Tensor:
    source = _opened(path)
    if start + count > len(source):
        raise InputError(
            f"{path}: has {count_of(len(source), 'pose')}, and {start + count} frames are wanted"
        )
    if isinstance(source, BodyPose):
        scale = contain_scale(source.size, size)
        whole = Size(*(max(1, round(pixels * scale)) for pixels in source.size))
        pose = source.resized(whole)
        frames = (draw_skeleton(pose, frame) for frame in range(start, start + count))
    else:
        frames = (frame[..., :3] for frame in source.read(start, start + count))
    return torch.stack([_contained(tensor_from_bytes(frame), size) for frame in frames])


def _opened(path: Path) -> BodyPose | FrameSource:
    return read_pose(path, remedy=CONVERT) if is_pose_file(path) else open_frames(path)


def _contained(picture: Tensor, size: Size) -> Tensor:
    """A picture [3, h, w] in 0 … 1 in the middle of a black frame of ``size``."""
    height, width = picture.shape[-2:]
    scale = contain_scale(Size(width, height), size)
    own = [max(1, round(n * scale)) for n in (height, width)]
    resized = torch.nn.functional.interpolate(
        picture[None], own, mode="bilinear", antialias=True, align_corners=False
    )[0]
    frame = torch.zeros(3, size.height, size.width)
    top, left = (size.height - own[0]) // 2, (size.width - own[1]) // 2
    frame[:, top : top + own[0], left : left + own[1]] = resized.clamp(0, 1)
    return frame


def _limited(size: Size) -> Size:
    scale = min(1.0, max(LARGEST.width / size.width, LARGEST.height / size.height))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
