"""Flicker: nothing where motion explains everything."""

import numpy as np
import pytest

from dynascene.evaluation.flicker import Motion, flicker, true_motion, warped

RNG = np.random.default_rng(6)
SMOOTH = np.kron(RNG.integers(60, 200, (14, 24, 3)), np.ones((8, 8, 1)))


def moving(right: int, down: int, frames: int = 4) -> np.ndarray:
    """A window on a pattern, whose picture moves by whole pixels."""
    views = [
        SMOOTH[30 - down * i : 70 - down * i, 60 - right * i : 124 - right * i]
        for i in range(frames)
    ]
    return np.stack(views).astype(np.uint8)


def known(right: float, down: float, frames: int = 4) -> Motion:
    shape = (frames - 1, 40, 64)
    flow = np.broadcast_to(np.float32([right, down]), (*shape, 2)).copy()
    followed = np.zeros(shape, bool)
    followed[:, 8:-8, 8:-8] = True
    return Motion(flow, followed)


EVERYWHERE = np.ones((4, 40, 64), bool)


@pytest.mark.parametrize("shift", [(3, 0), (-2, 1), (0, -3)])
def test_an_exactly_moved_clip_has_none_and_the_opposite_motion_much(shift) -> None:
    frames = moving(*shift)
    assert flicker(frames, known(*shift), EVERYWHERE) == 0
    assert flicker(frames, known(-shift[0], -shift[1]), EVERYWHERE) > 5


def test_half_a_pixel_is_between() -> None:
    ramp = np.arange(64, dtype=np.float32)[None].repeat(40, 0)
    half = warped(ramp, np.full((40, 64, 2), 0.5, np.float32))
    np.testing.assert_allclose(half[1:-1, :-1], ramp[1:-1, :-1] + 0.5)


def test_brightness_that_jumps_counts_its_levels() -> None:
    frames = moving(2, 0)
    frames[1::2] += 9
    assert flicker(frames, known(2, 0), EVERYWHERE) == pytest.approx(9)


def test_only_the_region_counts() -> None:
    frames = moving(2, 0)
    frames[2, :20] ^= 64
    below = EVERYWHERE.copy()
    below[:, :21] = False
    assert flicker(frames, known(2, 0), below) == 0
    assert flicker(frames, known(2, 0), ~below) > 5
    assert np.isnan(flicker(frames, known(2, 0), np.zeros_like(below)))


def test_the_motion_of_a_true_clip_is_found_and_its_own_flicker_small() -> None:
    frames = moving(3, -1)
    motion = true_motion(frames, EVERYWHERE)
    assert motion.followed.mean() > 0.5
    np.testing.assert_allclose(np.median(motion.flow[motion.followed], axis=0), (3, -1), atol=0.3)
    own = flicker(frames, motion, EVERYWHERE)
    still = np.broadcast_to(frames[:1], frames.shape)
    assert own < 0.5 * flicker(still, motion, EVERYWHERE)


def test_what_leaves_the_frame_and_the_person_are_not_followed() -> None:
    frames, background = moving(6, 0), EVERYWHERE.copy()
    background[:, 15:25, 20:30] = False
    motion = true_motion(frames, background)
    assert not motion.followed[:, :, -6:].any()
    assert not motion.followed[:, 15:25, 14:30].any()  # 14: moves onto the person
