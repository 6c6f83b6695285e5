"""The light that pictures were taken in, as far as their colours tell: one estimate a clip."""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from dynascene.generation.footage import shows_background
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.scene_view import view_coarsely
from dynascene.imaging.colour import LIGHT_OF_BYTE, LUMINANCE_709, linear_from_srgb
from dynascene.io.picking import pick
from dynascene.types import CameraTrack, Shot

FRAMES_LOOKED_AT = 8
EVERY = 4  # pixels, across and down
DARKEST, BRIGHTEST = 0.002, 0.98  # light beyond which a pixel is black or burnt out
FEWEST = 100  # pixels


class Illumination(NamedTuple):
    """Exposure, white balance and contrast of linear light.

    exposure: mean of log2 luminance.
    amber: half the mean log2 of red over blue. Lights differ between amber and blue; between
        green and magenta it is leaves and lawns that differ, so that is not looked at.
    contrast: standard deviation of log2 luminance.
    """

    exposure: float
    amber: float
    contrast: float


def illumination_of(light: np.ndarray) -> Illumination | None:
    """The illumination of pixels of linear light [N, 3] in 0 … 1; None where too few tell."""
    luminance = light @ np.array(LUMINANCE_709, light.dtype)
    usable = (light.min(axis=1) > DARKEST) & (light.max(axis=1) < BRIGHTEST)
    if usable.sum() < FEWEST:
        return None
    stops = np.log2(luminance[usable])
    exposure = float(stops.mean())
    amber = float(np.log2(light[usable, 0] / light[usable, 2]).mean() / 2)
    return Illumination(exposure, amber, float(stops.std()))


def filmed_illumination(shot: Shot) -> Illumination | None:
    """Of what is seen around the person, whose clothes tell little of the light; else None."""
    if shot.foreground is None or shot.matte is None:
        return None
    if not shows_background(shot.foreground, shot.matte):
        return None
    looked_at = sorted({round(i) for i in np.linspace(0, len(shot) - 1, FRAMES_LOOKED_AT)})
    pixels = []
    for frame, matte in zip(
        pick(shot.foreground, looked_at), pick(shot.matte, looked_at), strict=True
    ):
        hidden = matte[::EVERY, ::EVERY, 0] == 0
        pixels.append(frame[::EVERY, ::EVERY][hidden])  # where it is faint, edges are clean already
    return illumination_of(LIGHT_OF_BYTE[np.concatenate(pixels)])


def place_illumination(scene: LiftedScene, track: CameraTrack) -> Illumination | None:
    """Of what the picture shows along a track in the scene's world, or a panorama's flat view."""
    picture = scene.picture
    if scene.layers[0].window is not None:
        colours = picture[:, ::EVERY, ::EVERY].flatten(1).T
    else:
        chosen = torch.linspace(0, len(track) - 1, FRAMES_LOOKED_AT).round().long()
        seen = CameraTrack(track.cam_from_world[chosen], track.intrinsics[chosen], track.size)
        points, photographed = view_coarsely(seen, scene)
        pixels, _ = scene.camera.pixels_from_directions(points[photographed])
        size = pixels.new_tensor([*scene.camera.size])
        grid = (pixels / size * 2 - 1)[None, None]
        colours = F.grid_sample(picture[None], grid, padding_mode="border", align_corners=False)[
            0, :, 0
        ].T
    return illumination_of(linear_from_srgb(colours.numpy()))
