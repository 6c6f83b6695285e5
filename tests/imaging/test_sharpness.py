"""The width of edges, on edges whose width is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from dynascene.imaging.sharpness import edge_width, soften


def bars(sigma: float) -> np.ndarray:
    """Edges blurred by sigma pixels."""
    grey = np.full((93, 201), 60.0)
    for left in range(20, 180, 40):
        grey[:, left : left + 20] = 190
    return np.repeat(np.rint(gaussian_filter(grey, sigma))[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("sigma", [1.2, 2.0, 3.0])
def test_the_width_of_blurred_steps_is_found(sigma: float) -> None:
    assert edge_width(bars(sigma)) == pytest.approx(sigma, rel=0.25)


def test_sharper_edges_are_narrower() -> None:
    """Below a pixel the differences between pixels blur, too; the order stays."""
    widths = [edge_width(bars(sigma)) or 0.0 for sigma in (0.4, 0.6, 0.8, 1.0, 1.2)]
    assert widths == sorted(widths)
    assert widths[-1] > 1.5 * widths[0]


def test_the_sharpest_edges_count() -> None:
    mixed = bars(0.8)
    mixed[:, 60:] = bars(3.0)[:, 60:]
    assert edge_width(mixed) == pytest.approx(edge_width(bars(0.8)) or 0, rel=0.2)


def test_an_even_picture_has_no_edges() -> None:
    assert edge_width(np.full((33, 35, 3), 99, np.uint8)) is None


def test_softening_widens_and_keeps_the_light() -> None:
    sharp = bars(0.6)
    soft = soften(sharp, 1.5)
    assert edge_width(soft) > 1.3
    even = np.full((33, 35, 3), 99, np.uint8)
    np.testing.assert_array_equal(soften(even, 2.0), even)


def test_no_softening_leaves_the_picture_itself() -> None:
    picture = bars(1.0)
    assert soften(picture, 0.0) is picture
