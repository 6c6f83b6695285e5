"""The canvas is sampled exactly, at fractions of a pixel too."""

import pytest
import torch
from stored_canvas import canvas_of

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
    canvas = canvas_of(PanoramaWindow(0.0, 3.0, -3.0, 3.0, 1.0), layers)
    steps = torch.linspace(-0.01, 0.01, 3)
    depression, azimuth = torch.meshgrid(2 / 7 - 0.5 + steps, 1 / 7 - 0.5 + steps, indexing="ij")
    sample = canvas.sample(azimuth, depression, is_backmost=True)
    assert sample.painted is not None
    value = torch.cat([sample.colour, sample.photographed, sample.painted])[:, 1, 1].tolist()
    assert value == pytest.approx([expected] * 5, abs=1e-4)
    assert (sample.solid == 1).all()


@pytest.mark.parametrize("is_backmost", [True, False])
def test_rows_are_sampled_alike_whatever_is_sampled_at_once(
    is_backmost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal to the bit, for footprints of a part of a pixel and of several pixels."""
    generator = torch.Generator().manual_seed(0)
    layers = torch.rand(6, 35, 70, generator=generator)
    canvas = canvas_of(PanoramaWindow(0.0, 1.0, -0.5, 0.5, 35.0), layers)
    down, across = torch.linspace(-0.45, 0.45, 17), torch.linspace(-0.9, 0.9, 13) ** 3
    depression, azimuth = torch.meshgrid(down, across, indexing="ij")
    results = []
    for rows in (1, 3, 16, 100):
        monkeypatch.setattr("dynascene.geometry.canvas.ROWS_AT_ONCE", rows)
        results.append(torch.cat(canvas.sample(azimuth, depression, is_backmost=is_backmost)))
    assert results[0].shape == (6, 17, 13)
    assert all(torch.equal(result, results[-1]) for result in results)


@pytest.mark.parametrize("is_backmost", [True, False])
def test_without_paint_all_else_is_the_same(is_backmost: bool) -> None:
    layers = torch.rand(6, 35, 70, generator=torch.Generator().manual_seed(1))
    canvas = canvas_of(PanoramaWindow(0.0, 1.0, -0.5, 0.5, 35.0), layers)
    down, across = torch.linspace(-0.45, 0.45, 13), torch.linspace(-0.9, 0.9, 9)
    places = torch.meshgrid(across, down, indexing="xy")
    painted = canvas.sample(*places, is_backmost=is_backmost)
    without = canvas.without_paint().sample(*places, is_backmost=is_backmost)
    assert painted.painted is not None
    assert without.painted is None
    assert all(torch.equal(*pair) for pair in zip(painted[:3], without[:3], strict=True))
    assert canvas.sample(*places).painted is not None
