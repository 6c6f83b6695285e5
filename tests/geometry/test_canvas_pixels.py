"""What a canvas stores: there and back, across the seam, and its coarser levels."""

import math

import numpy as np
import pytest
import torch
from stored_canvas import canvas_of, layers_of

from dynascene.geometry.canvas_pixels import ONE, SOLID, CanvasPixels, portions
from dynascene.geometry.panorama import PanoramaWindow

PART = PanoramaWindow(0.1, 1.0, -0.5, 0.6, 15.0)
CIRCLE = PanoramaWindow(0.1, math.pi, -0.5, 0.6, 5.0)


def random_layers(window: PanoramaWindow, channels: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(channels, *window.size[::-1], generator=generator)


@pytest.mark.parametrize("window", [PART, CIRCLE])
@pytest.mark.parametrize("channels", [5, 6])
def test_stored_values_are_read_as_they_were(window: PanoramaWindow, channels: int) -> None:
    layers = random_layers(window, channels)
    layers[:, 0, :2] = torch.tensor([0.0, 1.0])
    again = layers_of(canvas_of(window, layers))
    assert (again - layers).abs().max() <= 0.51 / ONE
    assert again[:, 0, :2].tolist() == [[0, 1]] * channels


@pytest.mark.parametrize("window", [PART, CIRCLE])
def test_single_pixels_are_changed(window: PanoramaWindow) -> None:
    pixels = CanvasPixels.empty(window).with_paint()
    place = np.array([[0], [3]]), np.array([[2], [0]])
    values = torch.linspace(0, 1, 12).reshape(6, 2, 1)
    pixels.put(place, values)
    torch.testing.assert_close(pixels.at(place), values, atol=1 / ONE, rtol=0)
    everything = pixels.at(np.s_[:, :])
    assert float(everything.sum()) == pytest.approx(float(values.sum()), abs=1e-3)
    row, column = torch.tensor([0, 1, 3]), torch.tensor([0, 2])
    assert pixels.is_photographed(row, column).sum() == 0
    pixels.put(place, torch.ones(6, 2, 1))
    expected = [[False, True], [False, False], [True, False]]
    assert pixels.is_photographed(row, column).tolist() == expected


def test_paint_goes_to_a_copy() -> None:
    pixels = CanvasPixels.empty(PART)
    painted = pixels.with_paint()
    painted.write(slice(None), torch.ones(6, *PART.size[::-1]))
    assert pixels.at(np.s_[:, :]).shape[0] == 5
    assert not pixels.at(np.s_[:, :]).any()
    assert painted.with_paint().at(np.s_[:, :])[5].all()  # it does not forget


@pytest.mark.parametrize("window", [PART, CIRCLE])
def test_coarser_levels_are_means_of_areas(window: PanoramaWindow) -> None:
    """Odd sides too: a pixel is the mean of all that it touches."""
    layers = random_layers(window)
    coarse = canvas_of(window, layers).pixels.coarser().at(np.s_[:, :])
    width, height = window.size
    for row, column in ((0, 0), (coarse.shape[1] // 2, 3), (coarse.shape[1] - 1, 1)):
        spans = []
        for index, count, side in (
            (row, coarse.shape[1], height),
            (column, coarse.shape[2], width),
        ):
            spans.append(slice(index * side // count, -(-(index + 1) * side // count)))
        mean = layers[:, spans[0], spans[1]].mean(dim=(1, 2))
        torch.testing.assert_close(coarse[:, row, column], mean, atol=2 / ONE, rtol=0)


def test_the_seam_of_a_circle_is_repeated_on_every_level() -> None:
    canvas = canvas_of(CIRCLE, random_layers(CIRCLE))
    for pixels in (canvas.pixels, canvas.pixels.coarser()):
        for group in pixels.groups:
            np.testing.assert_array_equal(group[:, 0], group[:, -2])
            np.testing.assert_array_equal(group[:, -1], group[:, 1])


def test_what_is_solid_is_changed_in_place() -> None:
    pixels = CanvasPixels.empty(CIRCLE)
    pixels.solid[2] = ONE
    solid = pixels.at(np.s_[:, :])[SOLID]
    assert solid.sum() == solid[2].sum() == CIRCLE.size.width


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 2**18), (700, 1000), (5, 2**20)])
def test_portions_hold_every_row_once(height: int, width: int) -> None:
    rows = [row for part in portions(height, width) for row in range(part.start, part.stop)]
    assert rows == list(range(height))
