"""Does a camera that comes back find the same place, and does the place stay while it turns?

F frames, H W pixels. Frames are uint8 [F, H, W, 3], regions bool [F, H, W].
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
import torch

from dynascene.geometry.controls import track_from_controls
from dynascene.geometry.rigid import camera_centres
from dynascene.imaging.clip_metrics import check_frames, psnr, ssim
from dynascene.types import CameraTrack, Size

SAME_ANGLE, SAME_PLACE = 0.02, 1e-3  # degrees and track units within which two cameras are equal
KERNEL = 2  # pixels that cubic interpolation reaches to either side
LEAST_SHARE = 0.01  # of a frame: the change of a smaller region would be chance


class Return(NamedTuple):
    """First against second visit: PSNR in dB (∞ where equal) and SSIM; nan without any region."""

    psnr: float
    ssim: float


def there_and_back(
    degrees: float, frames: int, intrinsics: torch.Tensor, size: Size
) -> CameraTrack:
    """A pan to the right by so many degrees and back again; frames i and F − 1 − i are equal."""
    way = 0.5 - 0.5 * torch.cos(torch.linspace(0, 2 * math.pi, frames, dtype=torch.float64))
    return track_from_controls({"pan": degrees * way}, frames, intrinsics, size)


def equal_views(track: CameraTrack, apart: int) -> list[tuple[int, int]]:
    """Pairs of frames of the same camera, at least ``apart`` frames from each other.

    Each frame is paired with the latest one that is equal, and is in one pair at most.
    """
    rotations, centres = track.cam_from_world[:, :3, :3], camera_centres(track.cam_from_world)
    between = rotations[:, None] @ rotations[None].mT
    cosine = (between.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2
    same = torch.rad2deg(torch.acos(cosine.clamp(-1, 1))) < SAME_ANGLE
    same &= (centres[:, None] - centres[None]).norm(dim=-1) < SAME_PLACE
    same &= (track.intrinsics[:, None] - track.intrinsics[None]).abs().amax(dim=(-2, -1)) < 0.01
    pairs, used = [], set()
    for first in range(len(track)):
        later = [int(j) for j in same[first].nonzero()[:, 0] if j >= first + apart]
        if first not in used and later and later[-1] not in used:
            pairs.append((first, later[-1]))
            used |= {first, later[-1]}
    return pairs


def returns(frames: np.ndarray, region: np.ndarray, pairs: list[tuple[int, int]]) -> Return:
    """How much the second visits differ from the first ones, over a region of the first ones."""
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    one, two, where = frames[first], frames[second], region[first]
    return Return(psnr(two, one, where), ssim(two, one, where))


def changes(frames: np.ndarray, region: np.ndarray, track: CameraTrack) -> np.ndarray:
    """How much the place changes from frame to frame while the camera turns in place, [F − 1].

    Root mean square of the difference, of 255, between a frame and the one before it turned into
    its view, where both lie within the region; nan where that is next to nothing. Turning softens,
    so a place that stays has a small value too. Raises ValueError for a camera that travels.
    """
    check_frames(frames, frames)
    centres = camera_centres(track.cam_from_world)
    if (centres - centres[0]).norm(dim=-1).max() > SAME_PLACE:
        raise ValueError("the camera must turn in place: only then is a frame turned into the next")
    k, rotation = track.intrinsics.numpy(), track.cam_from_world[:, :3, :3].numpy()
    # from indices (pixel centres at 0) to pixels (centres at 0.5)
    centred = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    values = np.full(len(frames) - 1, np.nan)
    for t in range(1, len(frames)):
        turned = k[t] @ rotation[t] @ rotation[t - 1].T @ np.linalg.inv(k[t - 1])
        warp = np.linalg.inv(centred) @ turned @ centred
        before = _warped(frames[t - 1], warp, cv2.INTER_CUBIC)
        both = region[t] & (_warped(_within(region[t - 1]), warp, cv2.INTER_LINEAR) > 0.999)
        if both.mean() > LEAST_SHARE:
            values[t - 1] = np.sqrt(np.mean((before[both] - frames[t][both]) ** 2))
    return values


def _within(region: np.ndarray) -> np.ndarray:
    """A region [H, W] without the pixels at the frame's border, where the kernel reaches out."""
    inner = np.zeros_like(region)
    inner[KERNEL:-KERNEL, KERNEL:-KERNEL] = region[KERNEL:-KERNEL, KERNEL:-KERNEL]
    return inner


def _warped(image: np.ndarray, warp: np.ndarray, method: int) -> np.ndarray:
    """float32 [H, W, …]; 0 where the image does not reach."""
    height, width = image.shape[:2]
    return cv2.warpPerspective(image.astype(np.float32), warp, (width, height), flags=method)
