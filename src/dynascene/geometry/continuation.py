"""The natural continuation of a scene picture in all directions, as a map back into the picture.

Sideways the picture goes on as mirror images of itself, drawn larger to the right and smaller to
the left: the horizon stays where it is, upright lines stay upright, and what stands on both sides
of a border is not alike. Below its lower border the ground is mirrored on the ground (and above
the upper border the sky on a ceiling), at true perspective. All of it is continuous and the circle
closes, so that there is no seam anywhere. Depths follow the same map.
"""

import functools
import math
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.geometry.panorama import directions_from_angles, wrap_angle
from dynascene.geometry.picture import PictureCamera

# Of the images to the right, as a logarithm, and its negative to the left; one common scale comes
# on top, with which whole images fill the circle
ENLARGEMENT = 0.3
SCALE_SAMPLES = 2049
# How much of the ground and the sky is mirrored before it is mirrored back, as a share of the
# distance on the plane from below (above) the camera to the picture's border. The sky's is short,
# so that it does not reach the tops of things.
GROUND_BAND, SKY_BAND = 0.35, 0.1
# A border nearer to the horizon than this is continued as if it were this far: on a plane seen
# so flat, a small step down would lead very far away
LEAST_SLOPE = math.radians(20)


class Continuation(NamedTuple):
    """What to show in given directions.

    Attributes:
        pixel: [..., 2], always within the picture.
        photographed: bool [...], whether the picture itself shows the direction.
        distance_ratio: [...] > 0, distance of the continued thing divided by its distance in the
            picture, which keeps the ground level; 1 where photographed.
    """

    pixel: Tensor
    photographed: Tensor
    distance_ratio: Tensor


def continue_picture(camera: PictureCamera, azimuth: Tensor, depression: Tensor) -> Continuation:
    """The pixel to show in each direction: of the picture itself or of its continuation.

    Args:
        camera: of the picture.
        azimuth, depression: [...] of one shape, in radians, in the scene's world.
    """
    pixel, inside = camera.pixels_from_directions(directions_from_angles(azimuth, depression))
    distance_ratio = torch.ones_like(azimuth)
    outside = ~inside
    pixel[outside], distance_ratio[outside] = _continuation(
        camera, azimuth[outside], depression[outside]
    )
    return Continuation(pixel, inside, distance_ratio)


def _continuation(
    camera: PictureCamera, azimuth: Tensor, depression: Tensor
) -> tuple[Tensor, Tensor]:
    """Directions [N] outside the picture → pixel [N, 2] to show there, distance ratio [N]."""
    source_azimuth, source_depression, scale = _fold_sideways(camera, azimuth, depression)
    source_azimuth, source_depression, share = _fold_upright(
        camera, source_azimuth, source_depression
    )
    source = directions_from_angles(source_azimuth, source_depression)
    pixel, _ = camera.pixels_from_directions(source)
    size = pixel.new_tensor(tuple(camera.size))
    pixel = reflect(pixel, torch.zeros_like(size), size)  # corners of a tilted picture
    # Distances over the ground shrink by both; a ray at depression β is 1 / cos β times as long
    slant = source_depression.cos() / depression.cos().clamp_min(1e-6)
    return pixel, (share / scale * slant).clamp(1e-3, 1e3)


def _fold_sideways(
    camera: PictureCamera, azimuth: Tensor, depression: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Fold the circle into the picture's width: the source's azimuth, depression and scale."""
    border = camera.side_limit(depression)
    azimuth = wrap_angle(azimuth)
    straight = azimuth.abs() <= border
    # 0 at the right border … 1 at the left one, going right
    around = torch.remainder(azimuth - border, 2 * math.pi) / (2 * math.pi - 2 * border)
    place, logarithm = (_interpolated(x, around.clamp(0, 1)) for x in _tiles(camera.azimuth_limit))
    scale = logarithm.exp().where(~straight, torch.ones_like(around))
    # Larger by ``scale`` about the horizon: tan β is height over distance
    source_depression = torch.atan(depression.tan() / scale)
    triangle = 1 - (torch.remainder(place, 2) - 1).abs()  # 0 → 1 → 0 over two images
    folded = camera.side_limit(source_depression) * (1 - 2 * triangle)
    return azimuth.where(straight, folded), source_depression, scale


@functools.lru_cache(maxsize=16)
def _tiles(limit: float) -> tuple[Tensor, Tensor]:
    """The row of mirror images from the picture's right border over the back to its left one.

    Evenly along the way: the position in the row, counted in images, and the logarithm of the
    scale, [N] each. An odd number of images fits exactly, so that the last one joins the picture
    again.
    """
    rest = 2 * math.pi - 2 * limit
    fitting = rest / (2 * limit)
    count = min(range(1, 2 * math.ceil(fitting) + 2, 2), key=lambda n: abs(math.log(n / fitting)))
    beyond = torch.linspace(0, 1, SCALE_SAMPLES, dtype=torch.float64)
    # 0 at both borders, so that nothing kinks there, and soon 1 between them
    within = (beyond * rest / limit).tanh() * ((1 - beyond) * rest / limit).tanh()
    logarithm = ENLARGEMENT * within * (math.pi * beyond).cos()
    for _ in range(8):  # Newton's method: one more scale for all, until ``count`` images fit
        images = fitting * (-logarithm).exp()
        slope = torch.trapezoid(images * within, beyond)
        logarithm = logarithm + within * (torch.trapezoid(images, beyond) - count) / slope
    passed = torch.cumulative_trapezoid(fitting * (-logarithm).exp(), beyond)
    return torch.cat([torch.zeros(1, dtype=torch.float64), passed]), logarithm


def _interpolated(table: Tensor, place: Tensor) -> Tensor:
    """Evenly spaced values [N] of 0 … 1, read linearly at places [...]."""
    table = table.to(place)
    position = place * (len(table) - 1)
    index = position.long().clamp(max=len(table) - 2)
    return torch.lerp(table[index], table[index + 1], position - index)


def _fold_upright(
    camera: PictureCamera, azimuth: Tensor, depression: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Mirror what lies below and above the picture on the ground and on a ceiling.

    azimuth: [...] within the picture's width. Returns the source's azimuth and depression and the
    distance over the ground as a share of the source's, each [...].
    """
    top, bottom = camera.depression_limits(azimuth)
    below_azimuth, below, below_share = _fold_on_plane(azimuth, depression, bottom, GROUND_BAND)
    above_azimuth, above, above_share = _fold_on_plane(azimuth, -depression, -top, SKY_BAND)
    is_below, is_above = depression > bottom, depression < top
    one = torch.ones_like(depression)
    return (
        below_azimuth.where(is_below, above_azimuth.where(is_above, azimuth)),
        below.where(is_below, (-above).where(is_above, depression)),
        below_share.where(is_below, above_share.where(is_above, one)),
    )


def _fold_on_plane(
    azimuth: Tensor, depression: Tensor, border: Tensor, band: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Mirror a plane below the camera at a border, for depressions beyond that border.

    A depression β meets the plane at distance cot β; distances nearer than the border's are
    mirrored at it, and back again after ``band`` of it. Lengths across keep their size, so azimuth
    shrinks as distance grows. All [...].
    """
    quarter = math.pi / 2
    # Depressions from the border down to straight below, moved to begin at LEAST_SLOPE at least
    squeeze = (quarter - border.clamp_min(LEAST_SLOPE)) / (quarter - border).clamp_min(1e-6)
    edge = (quarter - border).mul(squeeze).tan()
    distance = (quarter - depression).mul(squeeze).clamp(1e-6, quarter - 1e-6).tan()
    source = edge + reflect(edge - distance, torch.zeros_like(edge), band * edge)
    share = distance / source
    return azimuth * share, quarter - source.atan() / squeeze, share


def reflect(value: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Mirror values [...] at both ends of [low, high] until they lie within."""
    span = (high - low).clamp_min(1e-9)
    position = torch.remainder(value - low, 2 * span)
    return low + torch.minimum(position, 2 * span - position)
