"""The canvas is sampled exactly, at fractions of a pixel too."""

import pytest
import torch

from dynascene.geometry.canvas import SceneCanvas
from dynascene.geometry.panorama import PanoramaWindow


def test_between_four_pixels_the_value_is_bilinear() -> None:
    """1/7 of a pixel across and 2/7 down.

    The offsets of the four samples add up to nothing, and so do the products of their two
    coordinates: within one cell their mean is the value at the middle.
    """
    layers = torch.zeros(6, 6, 6)
    layers[:, 2, 2], layers[:, 2, 3] = 0.1, 0.9
    layers[:, 3, 2], layers[:, 3, 3] = 0.6, 0.2
    expected = (5 * (6 * 0.1 + 0.9) + 2 * (6 * 0.6 + 0.2)) / 49
    # a pixel of the canvas is one radian, its corner at (−3, −3), and the centre of (2, 2) at −½
    canvas = SceneCanvas(PanoramaWindow(0.0, 3.0, -3.0, 3.0, 1.0), layers)
    steps = torch.linspace(-0.01, 0.01, 3)
    depression, azimuth = torch.meshgrid(2 / 7 - 0.5 + steps, 1 / 7 - 0.5 + steps, indexing="ij")
    value = canvas.sample(azimuth, depression, is_backmost=True)[:, 1, 1].tolist()
    assert value == pytest.approx([expected] * 4 + [1, expected], abs=1e-4)  # 1: solid
