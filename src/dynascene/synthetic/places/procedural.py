"""Pictures made of numbers, for where no imagery is at hand: textures and panoramas.

Each is drawn from a seed. Float32 sRGB 0 … 1; H W pixels.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

GROUNDS = ((0.36, 0.42, 0.22), (0.55, 0.47, 0.36), (0.52, 0.51, 0.49), (0.66, 0.58, 0.44))
WALLS = ((0.62, 0.36, 0.28), (0.72, 0.68, 0.60), (0.48, 0.50, 0.54), (0.42, 0.31, 0.22))
SKIES = ((0.26, 0.46, 0.78), (0.45, 0.58, 0.74), (0.62, 0.66, 0.70), (0.30, 0.36, 0.56))
HAZES = ((0.80, 0.86, 0.92), (0.93, 0.85, 0.74), (0.78, 0.80, 0.82), (0.90, 0.78, 0.72))
HILLS = ((0.24, 0.33, 0.20), (0.36, 0.34, 0.30), (0.20, 0.29, 0.30), (0.42, 0.36, 0.24))


def tiling_noise(
    rng: np.random.Generator, height: int, width: int, coarsest: int = 4, octaves: int = 5
) -> Tensor:
    """Fractal noise that tiles in both directions.

    Args:
        rng: draws it.
        height, width: pixels.
        coarsest: cells down the coarsest octave.
        octaves: each of half the amplitude and cell of the one before.

    Returns:
        [H, W] of mean 0 and standard deviation 1.
    """
    total = torch.zeros(height, width)
    for octave in range(octaves):
        rows = min(height, coarsest * 2**octave)
        columns = min(width, round(rows * width / height))
        cells = torch.from_numpy(rng.standard_normal((rows, columns), dtype=np.float32))
        tile = F.pad(cells[None, None], (2, 2, 2, 2), mode="circular")
        y = _tile_grid(height, rows, 2)
        x = _tile_grid(width, columns, 2)
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None]
        total += F.grid_sample(tile, grid, mode="bicubic", align_corners=False)[0, 0] / 2**octave
    return (total - total.mean()) / total.std().clamp_min(1e-6)


def _tile_grid(pixels: int, cells: int, border: int) -> Tensor:
    centres = (torch.arange(pixels) + 0.5) / pixels * cells + border
    return centres / (cells + 2 * border) * 2 - 1


def _tone(colour: tuple[float, float, float], value: Tensor) -> Tensor:
    """A colour, lighter and darker by [H, W] → [3, H, W]."""
    return torch.tensor(colour)[:, None, None] * (1 + value)


def procedural_texture(seed: int, pixels: int = 512) -> Tensor:
    """A surface that tiles: soil, grass, paving, bricks or planks.

    Args:
        seed: even for grounds, odd for walls.
        pixels: of a side.

    Returns:
        [3, pixels, pixels].
    """
    rng = np.random.default_rng([7, seed])
    palette = GROUNDS if seed % 2 == 0 else WALLS
    colour = palette[int(rng.integers(len(palette)))]
    grain = tiling_noise(rng, pixels, pixels, 4, 7)
    texture = _tone(colour, 0.16 * grain)
    if rng.random() < 0.7:
        texture = texture * _joints(rng, pixels)
    blotches = tiling_noise(rng, pixels, pixels, 2, 2)
    tint = torch.from_numpy(rng.normal(0, 0.05, 3)).float()[:, None, None]
    return (texture * (1 + tint * blotches)).clamp(0, 1)


def _joints(rng: np.random.Generator, pixels: int) -> Tensor:
    """Rows of stones, each of its own tone, with darker joints: a factor [1, H, W]."""
    rows = int(rng.choice([4, 6, 8]))
    columns = int(rng.choice([1, 2, rows // 2, rows]))
    line = torch.arange(pixels)
    row = line * rows // pixels
    shift = (row % 2) * (pixels // columns // 2) * int(rng.random() < 0.7)
    across = (line[None] + shift[:, None]) % pixels
    column = across * columns // pixels
    tones = torch.from_numpy(rng.normal(1, 0.14, (rows, columns)).astype(np.float32))
    factor = tones[row[:, None], column]
    joint = max(2, pixels // 100)
    edge = (across % (pixels // columns) < joint) | (line % (pixels // rows) < joint)[:, None]
    return torch.where(edge, factor * 0.55, factor)[None]


def procedural_panorama(seed: int, width: int = 2048) -> Tensor:
    """Sky with clouds, hills, ground and some buildings around a point.

    Args:
        seed: the same one gives the same panorama.
        width: pixels.

    Returns:
        [3, width / 2, width].
    """
    rng = np.random.default_rng([11, seed])
    height = width // 2
    depression = (((torch.arange(height) + 0.5) / height - 0.5) * math.pi)[:, None]
    azimuth = (((torch.arange(width) + 0.5) / width * 2 - 1) * math.pi)[None]
    haze = HAZES[int(rng.integers(len(HAZES)))]
    picture = _sky(rng, depression, width, haze)
    picture = _ridges(rng, picture, depression, haze)
    picture = _ground(rng, picture, azimuth, depression, haze)
    return _buildings(rng, picture, azimuth, depression).clamp(0, 1)


def _mix(base: Tensor, top: Tensor, alpha: Tensor) -> Tensor:
    return base + (top - base) * alpha


def _colour(colour: tuple[float, float, float]) -> Tensor:
    return torch.tensor(colour)[:, None, None]


def _sky(rng: np.random.Generator, depression: Tensor, width: int, haze: tuple) -> Tensor:
    zenith = _colour(SKIES[int(rng.integers(len(SKIES)))])
    up = (-depression / (math.pi / 2)).clamp(0, 1)
    sky = _mix(_colour(haze), zenith, up**0.55)
    clouds = tiling_noise(rng, width // 2, width, 3, 6)
    cover = ((clouds - rng.uniform(0.0, 1.2)) * 0.8).clamp(0, 1) * (up * 6).clamp(0, 1)
    return _mix(sky.expand(3, width // 2, width), _colour((0.97, 0.97, 0.97)), cover * 0.85)


def _ridges(rng: np.random.Generator, picture: Tensor, depression: Tensor, haze: tuple) -> Tensor:
    height, width = picture.shape[1:]
    colour = HILLS[int(rng.integers(len(HILLS)))]
    trees = tiling_noise(rng, height, width, 32, 4)
    for distance in (1.0, 0.6, 0.25):
        line = torch.zeros(1, width)
        for octave in range(1, 7):
            phase, strength = rng.uniform(0, 2 * math.pi), rng.normal(0, 1 / 1.7**octave)
            turn = torch.arange(width) / width * 2 * math.pi
            line = line + strength * torch.sin(turn * 2**octave + phase)
        rise = 0.03 + 0.10 * distance + 0.05 * line
        alpha = ((depression + rise) * height / math.pi + 0.5).clamp(0, 1)
        tone = _mix(_tone(colour, 0.14 * trees), _colour(haze), torch.tensor(0.7 * distance))
        picture = _mix(picture, tone, alpha)
    return picture


def _ground(
    rng: np.random.Generator, picture: Tensor, azimuth: Tensor, depression: Tensor, haze: tuple
) -> Tensor:
    texture = procedural_texture(2 * int(rng.integers(1000)))
    below = depression.clamp_min(0.01)
    reach = 1 / torch.tan(below).clamp_min(1e-3)  # in heights of the camera
    tile = rng.uniform(1.5, 4)
    x, z = reach * azimuth.sin() / tile, reach * azimuth.cos() / tile
    grid = torch.stack([torch.remainder(x, 1), torch.remainder(z, 1)], dim=-1)[None] * 2 - 1
    near = F.grid_sample(texture[None], grid, padding_mode="reflection", align_corners=False)[0]
    # fades to its mean before the pattern is finer than the panorama's pixels
    pattern = (1 - reach / 9).clamp(0, 1)
    ground = _mix(texture.mean(dim=(1, 2))[:, None, None], near, pattern)
    ground = _mix(ground, _colour(haze), (reach / 60).clamp(0, 0.6))
    alpha = (depression * picture.shape[1] / math.pi + 0.5).clamp(0, 1)
    return _mix(picture, ground, alpha)


def _buildings(
    rng: np.random.Generator, picture: Tensor, azimuth: Tensor, depression: Tensor
) -> Tensor:
    pixels = picture.shape[1] / math.pi
    for _ in range(int(rng.integers(2, 12))):
        distance = rng.uniform(4, 14)  # in heights of the camera
        middle, half = rng.uniform(-math.pi, math.pi), rng.uniform(1, 4) / distance
        x = torch.remainder(azimuth - middle + math.pi, 2 * math.pi) - math.pi
        top, bottom = -math.atan(rng.uniform(0.5, 5) / distance), math.atan(1 / distance)
        sides = ((half - x.abs()) * pixels + 0.5).clamp(0, 1)
        alpha = sides * ((depression - top) * pixels + 0.5).clamp(0, 1)
        alpha = alpha * ((bottom - depression) * pixels + 0.5).clamp(0, 1)
        colour = _colour(WALLS[int(rng.integers(len(WALLS)))]) * rng.uniform(0.6, 1.25)
        window = (torch.sin(x * distance * 5) > 0.35) & (torch.sin(depression * distance * 6) > 0.2)
        face = torch.where(window, colour * 0.45, colour.expand_as(picture))
        picture = _mix(picture, face, alpha)
    return picture
