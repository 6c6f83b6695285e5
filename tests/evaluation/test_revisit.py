"""Revisit consistency: pairs of equal cameras, what they differ by, and changes on the way."""

import numpy as np
import pytest

from dynascene.evaluation.revisit import changes, equal_views, returns, there_and_back
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.types import CameraTrack, Size

SIZE = Size(81, 45)


def pan(degrees: float = 30, frames: int = 9) -> CameraTrack:
    return there_and_back(degrees, frames, intrinsics_from_fov(50.0, SIZE), SIZE)


def panorama(track: CameraTrack) -> np.ndarray:
    """A place that is a smooth function of the direction, seen along a track."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width] + 0.5
    frames = []
    for pose, k in zip(track.cam_from_world.numpy(), track.intrinsics.numpy(), strict=True):
        rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(k).T @ pose[:3, :3]
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        frames.append(np.rint(128 + 60 * np.sin(9 * rays) + 40 * rays[..., :1]))
    return np.stack(frames).astype(np.uint8)


EVERYWHERE = np.ones((9, SIZE.height, SIZE.width), bool)


@pytest.mark.parametrize(("apart", "expected"), [(1, 4), (5, 2), (8, 1), (9, 0)])
def test_frames_of_one_camera_are_paired(apart: int, expected: int) -> None:
    pairs = equal_views(pan(), apart)
    assert pairs == [(i, 8 - i) for i in range(expected)]


def test_a_camera_that_goes_on_never_returns() -> None:
    track = make_move("pan-right:30", 9, intrinsics_from_fov(50.0, SIZE), SIZE)
    assert equal_views(track, 1) == []


def test_a_place_that_stays_returns_and_does_not_change() -> None:
    frames = panorama(pan())
    found = returns(frames, EVERYWHERE, equal_views(pan(), 5))
    assert found.psnr == float("inf")
    assert found.ssim == pytest.approx(1)
    assert np.nanmax(changes(frames, EVERYWHERE, pan())) < 1.5  # of 255: resampling alone


def test_what_differs_at_the_second_visit_is_measured_within_the_region() -> None:
    frames = panorama(pan())
    frames[7:, :, 60:] += 10  # nothing wraps around: the place is darker than 240
    assert frames.max() < 240
    pairs = [(0, 8), (1, 7)]
    region = EVERYWHERE.copy()
    region[:, :, :60] = False
    assert returns(frames, region, pairs).psnr == pytest.approx(20 * np.log10(255 / 10))
    assert returns(frames, ~region, pairs).psnr == float("inf")


def test_a_jump_is_found_where_it_happens() -> None:
    frames = panorama(pan())
    frames[4:, 10:30] += 12
    found = changes(frames, EVERYWHERE, pan())
    assert int(np.nanargmax(found)) == 3  # between frames 3 and 4
    assert found[3] > 3 * np.delete(found, 3).max()


def test_travelling_cameras_are_not_turned_into_each_other() -> None:
    track = make_move("truck-right:0.3", 9, intrinsics_from_fov(50.0, SIZE), SIZE)
    with pytest.raises(ValueError, match="turn in place"):
        changes(panorama(track), EVERYWHERE, track)
