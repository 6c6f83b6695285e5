"""Holes: as large as asked for, of the shape that was asked for."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynascene.datasets.tasks.holes import FIELDS, SHAPES, lowest, random_hole


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("height", "width"), [(144, 256), (256, 144), (101, 149)])
def test_a_hole_takes_its_share_of_the_frame_within_one_percent(shape, height, width) -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        share = rng.uniform(0.2, 0.5)
        hole = random_hole(rng, height, width, share, [shape])
        assert hole.shape == (1, height, width)
        assert hole.dtype == torch.bool
        assert abs(hole.double().mean().item() - share) <= 0.01


@pytest.mark.parametrize("shape", SHAPES)
def test_frames_of_three_pixels_have_holes_too(shape) -> None:
    hole = random_hole(np.random.default_rng(0), 3, 5, 0.4, [shape])
    assert 0 < hole.sum() < 15


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.floats(0, 1),
)
@settings(max_examples=200, deadline=None)
def test_the_lowest_part_is_the_nearest_whole_level_set(values, share) -> None:
    field = np.array([values], dtype=float)
    chosen = lowest(field, share)
    if chosen.any() and not chosen.all():
        assert field[chosen].max() < field[~chosen].min()
    reachable = [0, *((field <= level).sum() for level in set(values))]
    wanted = share * field.size
    assert abs(chosen.sum() - wanted) == min(abs(n - wanted) for n in reachable)


def test_borders_leave_a_box_at_the_sides_that_are_kept() -> None:
    touched = set()
    for seed in range(40):
        kept = ~random_hole(np.random.default_rng(seed), 60, 80, 0.35, ["borders"])[0]
        rows, columns = kept.any(dim=1).nonzero()[:, 0], kept.any(dim=0).nonzero()[:, 0]
        assert kept[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        touched.add((rows[0] > 0, rows[-1] < 59, columns[0] > 0, columns[-1] < 79))
    sides = {sum(bool(side) for side in t) for t in touched}
    assert sides == {1, 2, 3, 4}


def test_boxes_have_straight_edges_and_blobs_do_not() -> None:
    def corners(shape: str) -> float:
        """Share of the 2x2 neighbourhoods that a curved or slanted edge passes."""
        total = 0
        for seed in range(8):
            hole = random_hole(np.random.default_rng(seed), 60, 80, 0.35, [shape])[0].int()
            odd = (hole[1:, 1:] + hole[:-1, :-1] + hole[1:, :-1] + hole[:-1, 1:]) % 2
            total += int(odd.sum())
        return total / 8

    assert corners("boxes") <= 16 < corners("blobs")
    assert corners("borders") <= 4 < corners("strokes")


def test_every_shape_is_drawn(monkeypatch) -> None:
    drawn = []

    def spy(name, field):
        return lambda *args: drawn.append(name) or field(*args)

    for name, field in list(FIELDS.items()):
        monkeypatch.setitem(FIELDS, name, spy(name, field))
    for seed in range(30):
        random_hole(np.random.default_rng(seed), 20, 30, 0.4, SHAPES)
    assert set(drawn) == set(SHAPES)
    drawn.clear()
    random_hole(np.random.default_rng(0), 20, 30, 0.4, ["strokes"])
    assert drawn == ["strokes"]
