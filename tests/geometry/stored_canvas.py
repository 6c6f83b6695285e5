"""Canvases from floats, and back."""

import numpy as np
from torch import Tensor

from dynascene.geometry.canvas import SceneCanvas
from dynascene.geometry.canvas_pixels import CanvasPixels
from dynascene.geometry.panorama import PanoramaWindow


def canvas_of(window: PanoramaWindow, layers: Tensor) -> SceneCanvas:
    """layers: [5, H, W] or, with paint, [6, H, W], in 0 … 1."""
    pixels = CanvasPixels.empty(window)
    pixels = pixels if len(layers) == 5 else pixels.with_paint()
    pixels.write(slice(None), layers)
    return SceneCanvas(window, pixels)


def layers_of(canvas: SceneCanvas) -> Tensor:
    """float32 [5 or 6, H, W] in 0 … 1."""
    return canvas.pixels.at(np.s_[:, :])
