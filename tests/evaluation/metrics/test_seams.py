"""Jumps at the borders of windows."""

import math

import numpy as np
import pytest

from dynascene.evaluation.flicker import Motion
from dynascene.evaluation.metrics.seams import seam_ratio, window_borders
from dynascene.models.diffusion.samplers import window_spans

STILL = Motion(np.zeros((7, 8, 8, 2), np.float32), np.ones((7, 8, 8), bool))
WHOLE = np.ones((8, 8, 8), bool)


def clip(steps: list[int]) -> np.ndarray:
    """Flat frames, each so many levels brighter than the one before."""
    levels = 50 + np.cumsum([0, *steps])
    return np.broadcast_to(levels[:, None, None, None], (8, 8, 8, 3)).astype(np.uint8)


def test_borders_are_where_the_windows_of_a_frame_change() -> None:
    assert window_borders([(0, 4), (4, 8)]) == [4]
    assert window_borders([(0, 8)]) == []
    assert window_borders(window_spans(60, 24, 4)) == [20, 24, 36, 44]


@pytest.mark.parametrize(("jump", "ratio"), [(2, 1.0), (10, 5.0), (0, 0.0)])
def test_the_jump_as_a_multiple_of_other_changes(jump: int, ratio: float) -> None:
    frames = clip([2, 2, 2, jump, 2, 2, 2])
    assert seam_ratio(frames, STILL, WHOLE, [4]) == pytest.approx(ratio)


def test_no_border_or_no_change_has_no_ratio() -> None:
    assert math.isnan(seam_ratio(clip([2] * 7), STILL, WHOLE, []))
    assert math.isnan(seam_ratio(clip([0, 0, 0, 5, 0, 0, 0]), STILL, WHOLE, [4]))
