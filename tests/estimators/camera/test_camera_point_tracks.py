"""Following points: where they go, where they must not be, and the bookkeeping."""

import cv2
import numpy as np
import pytest
from seen_points import noise_picture, see, space_points, travelling

from dynascene.errors import InputError
from dynascene.estimators.camera.point_tracks import (
    PointTracks,
    background_mask,
    follow_points,
    working_size,
)
from dynascene.types import ArrayFrames, Size

SHIFT = np.array([1.3, -0.7])


def moved(picture: np.ndarray, frames: int) -> ArrayFrames:
    height, width = picture.shape[:2]
    return ArrayFrames([
        cv2.warpAffine(picture, np.array([[1, 0, x], [0, 1, y]]), (width, height),
                       flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        for x, y in SHIFT * np.arange(frames)[:, None]
    ])  # fmt: skip


def test_a_moved_picture_moves_every_point_alike() -> None:
    tracks = follow_points(moved(noise_picture(120, 180), 5), None)
    _, first, last = tracks.shared(0, 4)
    assert len(first) > 60
    error = np.linalg.norm(last - first - 4 * SHIFT, axis=1)
    assert np.median(error) < 0.1
    assert np.quantile(error, 0.9) < 0.5


def test_the_share_of_points_that_the_next_frame_has() -> None:
    frame = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])
    track = np.array([0, 1, 2, 3, 0, 1, 9, 1, 8])  # 2 of 4 are followed, then 1 of 3
    tracks = PointTracks(frame, track, np.zeros((9, 2)), 3, Size(30, 20))
    assert tracks.followed_share == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert follow_points(moved(noise_picture(120, 180), 5), None).followed_share > 0.7
    empty = PointTracks(frame[:0], track[:0], np.zeros((0, 2)), 3, Size(30, 20))
    assert empty.followed_share == 0


def test_points_stay_off_the_person_and_its_margin() -> None:
    frames = moved(noise_picture(120, 180), 4)
    matte = np.zeros((120, 180, 1), np.uint8)
    matte[30:90, 60:100] = 255
    tracks = follow_points(frames, ArrayFrames([matte] * 4))
    x, y = tracks.point.T
    on_person = (x > 58) & (x < 102) & (y > 28) & (y < 92)
    assert len(x) > 100
    assert not on_person.any()
    without = follow_points(frames, None).point
    assert (np.abs(without - [80, 60]) < [20, 30]).all(axis=1).sum() > 20


def test_pixel_centres_lie_at_one_half() -> None:
    picture = np.zeros((80, 80, 3), np.uint8)
    picture[20:60, 24:64] = 255  # its corners are at (24, 20) … (64, 60) where pixels have area
    tracks = follow_points(ArrayFrames([picture, picture]), None)
    corners = np.array([(24, 20), (64, 20), (24, 60), (64, 60)])
    found = tracks.at(1)[1]
    nearest = np.linalg.norm(found[:, None] - corners, axis=2).min(axis=0)
    assert nearest.max() < 3.0
    assert np.abs(found.mean(axis=0) - corners.mean(axis=0)).max() < 0.3


def test_shared_against_sets() -> None:
    tracks = see(space_points(60), travelling(5))
    a, b = (dict(zip(*tracks.at(f), strict=True)) for f in (0, 3))
    names, points_a, points_b = tracks.shared(0, 3)
    assert set(names) == set(a) & set(b)
    for name, point_a, point_b in zip(names, points_a, points_b, strict=True):
        np.testing.assert_array_equal(point_a, a[name])
        np.testing.assert_array_equal(point_b, b[name])


def test_held_out_and_fitted_share_no_track() -> None:
    tracks = see(space_points(60), travelling(4))
    held_out, fitted = set(tracks.held_out().track), set(tracks.fitted().track)
    assert held_out
    assert not held_out & fitted
    assert held_out | fitted == set(tracks.track)


@pytest.mark.parametrize(
    ("size", "expected"), [((1920, 1080), (768, 432)), ((1080, 1920), (432, 768)), ((3, 3), (3, 3))]
)
def test_working_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert working_size(Size(*size)) == expected


def test_mask_is_255_where_nobody_is() -> None:
    person = np.zeros((60, 90, 1), np.uint8)
    person[20:40, 30:60] = 255
    mask = background_mask(person, Size(90, 60))
    assert not mask[20:40, 28:62].any()  # its margin is round at the corners
    assert not mask[18:42, 30:60].any()
    assert (mask[:10] == 255).all()
    assert (background_mask(None, Size(90, 60)) == 255).all()


def test_a_matte_of_another_length_is_refused() -> None:
    frame, matte = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 1), np.uint8)
    with pytest.raises(InputError, match="they must agree"):
        follow_points(ArrayFrames([frame] * 3), ArrayFrames([matte] * 2))
