"""Random places of solids: a layout on paved ground inside a panorama."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.geometry.surface import Stage
from dynascene.imaging.colour import linear_from_srgb
from dynascene.imaging.resizing import shrink
from dynascene.synthetic.places.drawing import CAMERA_HEIGHTS, draw_panorama, ground_tiles
from dynascene.synthetic.places.layered import Tiles
from dynascene.synthetic.places.library import TEXTURE_WIDTH, Library
from dynascene.synthetic.places.panorama import PanoramaPlace
from dynascene.synthetic.solid.layouts import draw_layout
from dynascene.synthetic.solid.materials import Materials
from dynascene.synthetic.solid.mesh import build_mesh
from dynascene.synthetic.solid.place import PavedPlace, SolidPlace
from dynascene.synthetic.solid.solids import Daylight, Solids

ROOM_SHARE = 0.3
RADIUS = 75.0  # metres to the backdrop, behind all that stands
TEXELS = (128, 512)  # of a picture's side: about a frame's width
GREY = 0.30  # linear light of a backdrop before which surfaces are shown as they are
EXPOSURES = (0.12, 1.25)
# A sky, sRGB: at most the mean step between neighbouring pixels; at least its brightness, and how
# much bluer than red it is
SKY_STEP, SKY_LEVEL, SKY_BLUE = 0.05, 0.35, -0.02
TRIALS = 12
SUN_HEIGHTS = (math.radians(22), math.radians(68))


class Surroundings(NamedTuple):
    """What a backdrop says about the light.

    Attributes:
        exposure: [3] linear, of what stands before it.
        ground: [3] sRGB, its colour towards the horizon.
        sun_from: unit vector towards the sun, y down.
        contrast: 0 overcast … 1 clear.
    """

    exposure: np.ndarray
    ground: Tensor
    sun_from: tuple[float, float, float]
    contrast: float


def draw_solid(
    library: Library, rng: np.random.Generator, kind: str | None = None
) -> tuple[str, SolidPlace]:
    """A random place in metres, its ground below the origin, and its backdrop's name.

    kind: room, street, yard or park; None draws one.
    """
    stage = Stage(rng.uniform(*CAMERA_HEIGHTS), RADIUS)
    indoors = bool(rng.random() < ROOM_SHARE) if kind is None else kind == "room"
    side = int(np.clip(2 ** round(math.log2(library.width)), *TEXELS))
    materials = Materials(library, rng, side)
    layout = draw_layout(rng, materials, indoors=indoors, outdoors=kind)
    name, panorama = _open_air(library, rng, stage)
    around = read_surroundings(panorama)
    texture = library.picture("texture", materials.texture(layout.ground), TEXTURE_WIDTH)
    paving = ground_tiles(texture, rng.uniform(1.2, 3.0), rng.uniform(0, 2 * math.pi))
    light = _lamp(rng) if indoors else _daylight(rng, around)
    tint = torch.ones(3) if indoors else _paving_tint(paving, around)
    backdrop = PavedPlace(panorama, paving, tint, rng.uniform(0.4, 0.8) * RADIUS)
    mesh = build_mesh(layout.boxes, layout.cards, stage.height)
    solids = Solids(mesh, materials.stack_layers(), light, stage.height)
    return name, SolidPlace(backdrop, solids, tuple(layout.boxes))


def _open_air(
    library: Library, rng: np.random.Generator, stage: Stage
) -> tuple[str, PanoramaPlace]:
    """A panorama with a sky, as far as a few trials find one."""
    for _ in range(TRIALS):
        name, place = draw_panorama(library, rng, stage)
        if has_sky(place.levels[-1]):
            break
    return name, place


def has_sky(panorama: Tensor) -> bool:
    """Whether the upper part of a panorama [3, H, W], uint8, is a sky: no ceiling, no leaves."""
    small = shrink(panorama, 128).float() / 255
    above = small[:, 4:19]
    grey = above.mean(0)
    step = float(grey.diff(dim=0).abs().mean() + grey.diff(dim=1).abs().mean())
    blue = float((above[2] - above[0]).mean())
    return step < SKY_STEP and float(grey.mean()) > SKY_LEVEL and blue > SKY_BLUE


def read_surroundings(place: PanoramaPlace) -> Surroundings:
    """The light and the ground's colour that a panorama shows."""
    small = shrink(place.levels[-1], 128).float() / 255
    linear = linear_from_srgb(small)
    rows = len(small[0])
    band = linear[:, round(0.36 * rows) : round(0.64 * rows)].mean((1, 2)).numpy()
    level = float(band.mean())
    exposure = np.clip(level / GREY, *EXPOSURES) * np.sqrt(band / max(level, 1e-3))
    ground = small[:, round(0.53 * rows) : round(0.62 * rows)].mean((1, 2))
    sky = shrink(linear.mean(0, keepdim=True), 32)[0, :8]
    row, column = divmod(int(sky.argmax()), sky.shape[1])
    azimuth = ((column + 0.5) / sky.shape[1] * 2 - 1) * math.pi - place.turn
    height = float(np.clip(math.pi * (0.5 - (row + 0.5) / 16), *SUN_HEIGHTS))
    sun_from = (
        math.sin(-azimuth if place.mirrored else azimuth) * math.cos(height),
        -math.sin(height),
        math.cos(azimuth) * math.cos(height),
    )
    contrast = float((sky.max() - sky.median()).clamp(0, 0.6) / 0.6)
    return Surroundings(exposure, ground, sun_from, contrast)


def _daylight(rng: np.random.Generator, around: Surroundings) -> Daylight:
    """White ground in the sun has the backdrop's exposure."""
    share = 0.15 + 0.5 * around.contrast * rng.uniform(0.7, 1.0)
    warm = 1 + 0.12 * share * np.array([1.0, 0.1, -1.2])
    sun = share * around.exposure * warm / -around.sun_from[1]
    sky = (1 - share) * around.exposure * (2 - warm)
    return Daylight(around.sun_from, _triple(sun), _triple(sky), _triple(0.5 * sky))


def _lamp(rng: np.random.Generator) -> Daylight:
    """Light from the ceiling and back from the walls."""
    azimuth, share = rng.uniform(0, 2 * math.pi), rng.uniform(0.25, 0.45)
    height = math.radians(rng.uniform(62, 80))
    towards = (
        math.cos(height) * math.sin(azimuth), -math.sin(height),
        math.cos(height) * math.cos(azimuth),
    )  # fmt: skip
    warm = rng.uniform(0.8, 1.05) * np.array([1.0, 1.0, 1.0]) * np.exp(rng.normal(0, 0.04, 3))
    sky = (1 - share) * warm
    return Daylight(towards, _triple(share * warm / math.sin(height)), _triple(sky),
                    _triple(0.7 * sky), corner_shade=0.25)  # fmt: skip


def _triple(colour: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(x) for x in colour)
    return red, green, blue


def _paving_tint(paving: Tiles, around: Surroundings) -> Tensor:
    """Towards the ground of the backdrop, into which it fades."""
    own = paving.levels[-1].reshape(3).clamp_min(0.02)
    level = around.ground.mean() / own.mean()
    cast = around.ground / around.ground.mean() / (own / own.mean())
    return (level**0.6 * cast**0.3).clamp(0.4, 1.8)
