"""Pictures of camera tracks."""

import numpy as np

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.io.camera_plan import cameras_from_above
from dynascene.types import Size

FRAME, PICTURE = Size(64, 36), Size(300, 180)


def drawn(move: str, frames: int = 9) -> np.ndarray:
    return cameras_from_above(
        make_move(move, frames, intrinsics_from_fov(60, FRAME), FRAME), PICTURE
    )


def coloured(picture: np.ndarray) -> np.ndarray:
    """[H, W] where there is neither paper nor grey ink."""
    return picture.max(axis=-1).astype(int) - picture.min(axis=-1) > 60


def test_the_path_lies_as_the_camera_moves() -> None:
    for move, axis in (("truck-right:1", 1), ("dolly-in:0.9", 0)):
        picture = drawn(move)
        assert picture.shape == (PICTURE.height, PICTURE.width, 3)
        assert picture.dtype == np.uint8
        extents = [np.ptp(where) for where in np.nonzero(coloured(picture))]
        assert extents[axis] > 70  # pixels
        assert extents[axis] > extents[1 - axis]


def test_a_camera_that_stands_still_and_one_frame_can_be_drawn() -> None:
    assert coloured(drawn("static")).any()
    assert coloured(drawn("static", frames=1)).any()


def test_time_goes_from_dark_to_light() -> None:
    for move, axis, sign in (
        ("truck-right:1", 1, 1),
        ("truck-left:1", 1, -1),
        ("dolly-in:0.9", 0, -1),
    ):
        picture = drawn(move)
        places = np.nonzero(coloured(picture))
        brightness = picture[places].astype(int).sum(axis=-1)
        order = np.argsort(brightness)
        dark, light = (places[axis][part].mean() for part in (order[:40], order[-40:]))
        assert (light - dark) * sign > 40  # pixels to the right, or down
