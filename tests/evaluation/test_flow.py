"""The sign convention of the flow, with shifts that are known."""

import numpy as np
import pytest
import torch

from dynascene.evaluation.flow import mean_flow, obeys
from dynascene.evaluation.obedience import (
    DEGREES_PER_FRAME,
    PanFlow,
    obeyed_share,
    opposite_pans,
    pan_flows,
)
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.evaluation.systems import Projection, Still
from dynascene.geometry.rigid import rotation_angle
from dynascene.types import Batch, Size

WIDE = np.kron(np.random.default_rng(2).integers(0, 256, (15, 40, 3)), np.ones((8, 8, 1)))


def shifted(right: int, down: int, frames: int = 4) -> np.ndarray:
    """A window on a texture whose picture moves by (right, down) pixels a frame."""
    y, x = 30, 120
    views = [
        WIDE[y - down * i : y - down * i + 60, x - right * i : x - right * i + 100]
        for i in range(frames)
    ]
    return np.stack(views).astype(np.uint8)


@pytest.mark.parametrize("shift", [(3, 0), (-3, 0), (0, 2), (-2, 3)])
def test_a_known_shift(shift: tuple[int, int]) -> None:
    frames = shifted(*shift)
    flow = mean_flow(frames, np.ones(frames.shape[:3], bool))
    np.testing.assert_allclose(flow, shift, atol=0.35)


def test_the_person_does_not_count() -> None:
    """The right half moves the other way, and is masked."""
    frames = shifted(3, 0)
    frames[:, :, 50:] = shifted(-6, 0)[:, :, 50:]
    background = np.zeros(frames.shape[:3], bool)
    background[:, :, :50] = True
    assert mean_flow(frames, background)[0] == pytest.approx(3, abs=0.5)
    assert mean_flow(frames, np.ones_like(background))[0] < 0


def test_nothing_to_see() -> None:
    frames = shifted(3, 0)
    assert np.isnan(mean_flow(frames, np.zeros(frames.shape[:3], bool))).all()


def test_opposite_and_right() -> None:
    assert obeys(2.0, -1.5)
    assert not obeys(-2.0, 1.5)  # opposite, but the wrong way round
    assert not obeys(2.0, 1.5)
    assert not obeys(0.0, 0.0)
    assert not obeys(float("nan"), -1.0)
    assert obeyed_share([PanFlow(2, -2), PanFlow(2, 2), PanFlow(0, 0), PanFlow(1, -1)]) == 0.5


def test_pans_move_the_guide_the_right_way_and_the_still_picture_not_at_all(benchmark) -> None:
    flows = [pan_flows([Still(), Projection()], benchmark[index], index) for index in range(2)]
    assert obeyed_share([each["projection"] for each in flows]) == 1
    assert obeyed_share([each["still"] for each in flows]) == 0


def test_a_panned_shot_keeps_its_person_and_its_picture(benchmark) -> None:
    shot = benchmark[0]
    pans = opposite_pans(shot)
    for batch, scene, _ in pans:
        np.testing.assert_allclose(scene.picture, batch.scene_image[0] / 2 + 0.5, atol=1 / 127)
        assert batch.matte is shot.batch.matte
        assert batch.foreground is shot.batch.foreground
        assert "video" not in batch
        np.testing.assert_allclose(batch.scene_image, shot.batch.scene_image, atol=1 / 127)
        assert batch.guide_visibility is not None
        assert 0.5 < float(batch.guide_visibility.mean()) <= 1


def test_a_long_shot_is_panned_all_the_way_round() -> None:
    """430 frames turn by more than a full circle, at the same speed as in short shots."""
    frames, size = 430, Size(16, 12)
    batch = Batch(
        matte=torch.zeros(1, frames, 1, *size[::-1]),
        foreground=torch.zeros(1, frames, 3, *size[::-1]),
        scene_image=torch.zeros(1, 3, *size[::-1]),
        scene_visibility=torch.ones(1, 1, *size[::-1]),
        cam_from_world=torch.eye(4).expand(1, frames, 4, 4),
        intrinsics=torch.eye(3).expand(1, frames, 3, 3),
    )
    truth = np.zeros((frames, *size[::-1], 3), np.uint8)
    turned = opposite_pans(EvaluationShot("long", batch, truth)).right.batch.cam_from_world[0]
    steps = rotation_angle(turned[1:, :3, :3] @ turned[:-1, :3, :3].mT)
    np.testing.assert_allclose(steps, DEGREES_PER_FRAME, rtol=1e-6)
