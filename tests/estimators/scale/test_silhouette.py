import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.scale.silhouette import Silhouette, person_silhouette
from dynascene.types import ArrayFrames


def matte(*parts: tuple[int, int, int, int], size: tuple[int, int] = (90, 60)) -> np.ndarray:
    """White rectangles (left, top, right, bottom) on black, [H, W, 1]."""
    frame = np.zeros((*size, 1), np.uint8)
    for left, top, right, bottom in parts:
        frame[top:bottom, left:right] = 255
    return frame


def outline(*frames: np.ndarray, boxes: list | None = None) -> Silhouette:
    return person_silhouette(ArrayFrames(list(frames)), boxes)


def test_ends_of_an_upright_figure() -> None:
    found = outline(matte((20, 12, 32, 72), (20, 72, 26, 75)))  # with a foot to the left
    assert found.head[0].tolist() == [26, 12]
    assert found.foot[0].tolist() == [23, 75]
    assert found.sole[0].tolist() == [20, 26]
    assert found.height[0] == 63
    assert found.width[0] == 12
    assert found.whole.tolist() == [True]


def test_soft_edges_count_by_their_share() -> None:
    frame = matte((20, 12, 32, 72))
    frame[72, 20:32] = frame[11, 20:32] = 51  # a fifth
    found = outline(frame)
    assert found.foot[0, 1] == pytest.approx(72.2)
    assert found.head[0, 1] == pytest.approx(11.8)


def test_a_hair_and_a_speck_are_not_the_head() -> None:
    frame = matte((20, 12, 44, 80), (30, 5, 31, 12), (3, 3, 6, 6))
    assert outline(frame).head[0, 1] == 12


def test_a_body_in_two_parts_is_one_person() -> None:
    found = outline(matte((20, 12, 32, 50), (20, 54, 32, 80)))
    assert found.height[0] == 68


@pytest.mark.parametrize(
    ("part", "cut"),
    [
        ((20, 12, 32, 90), "feet_cut"),
        ((20, 0, 32, 80), "head_cut"),
        ((0, 12, 12, 80), "side_cut"),
        ((48, 12, 60, 80), "side_cut"),
    ],
)
def test_ends_beyond_the_border_are_told(part: tuple[int, int, int, int], cut: str) -> None:
    found = outline(matte(part), matte((20, 12, 32, 80)))
    cuts = {name: getattr(found, name).tolist() for name in ("feet_cut", "head_cut", "side_cut")}
    assert cuts.pop(cut) == [True, False]
    assert all(flags == [False, False] for flags in cuts.values())
    assert found.whole.tolist() == [False, True]


def test_nobody_is_not_a_number() -> None:
    found = outline(matte(), matte((3, 3, 6, 6)), matte((20, 12, 32, 80)))
    assert found.seen.tolist() == [False, False, True]
    assert np.isnan(found.foot[:2]).all()


def test_a_box_tells_who_is_meant() -> None:
    two = matte((5, 10, 20, 80), (35, 30, 45, 70))
    assert outline(two).head[0, 1] == 10
    assert outline(two, boxes=[(33, 20, 60, 90)]).head[0].tolist() == [40, 30]
    assert outline(two, boxes=[None]).head[0, 1] == 10


def test_refusals() -> None:
    with pytest.raises(InputError, match="channels"):
        person_silhouette(ArrayFrames([np.zeros((9, 9, 3), np.uint8)]))
    with pytest.raises(InputError, match="boxes"):
        outline(matte(), boxes=[None] * 3)
