"""Random camera tracks: always valid, placed where asked, never out of the place."""

import numpy as np
import pytest
import torch

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import MOVES, make_move
from dynascene.geometry.rigid import camera_centres, relative_to_first
from dynascene.synthetic.shots.camera_paths import (
    AMOUNTS,
    place_by_frame,
    random_moves,
    random_track,
    view_angles,
)
from dynascene.types import Size

SIZE = Size(48, 27)
K = intrinsics_from_fov(50, SIZE)


def test_every_move_is_trained_on() -> None:
    assert set(AMOUNTS) == set(MOVES) - {"static"}


def test_many_random_tracks_are_valid_and_begin_at_the_identity() -> None:
    for seed in range(150):
        track = random_track(np.random.default_rng(seed), 5, K, SIZE)
        assert len(track) == 5
        torch.testing.assert_close(track.cam_from_world[0], torch.eye(4, dtype=torch.float64))


def test_moves_are_mixed() -> None:
    rng = np.random.default_rng(0)
    texts = [random_moves(rng) for _ in range(300)]
    assert any("+" in text for text in texts)
    names = {part.split(":")[0] for text in texts for part in text.split("+")}
    assert names == set(MOVES)


@pytest.mark.parametrize("frame", [0, 3])
def test_a_frame_is_put_at_the_origin(frame: int) -> None:
    track = make_move("pan-right:30+truck-left:0.4+tilt-up:5", 5, K, SIZE)
    at_origin = place_by_frame(track, frame, 12.0, -7.0)
    centre = camera_centres(at_origin.cam_from_world)[frame]
    torch.testing.assert_close(centre, torch.zeros(3, dtype=torch.float64))
    assert view_angles(at_origin, frame)[0] == pytest.approx(12.0)
    assert view_angles(at_origin, 0)[1] == pytest.approx(-7.0)
    assert float(at_origin.cam_from_world[0, 0, 1]) == pytest.approx(
        0, abs=1e-12
    )  # x axis is level
    torch.testing.assert_close(
        relative_to_first(at_origin.cam_from_world), relative_to_first(track.cam_from_world)
    )
