"""The natural continuation of a scene picture in all directions, as a map back into the picture.

Sideways the picture goes on as mirror images of itself, drawn larger and larger to the right and
smaller and smaller to the left: the horizon stays where it is, upright lines stay upright, and no
two neighbours are alike. Below its lower border the ground is mirrored on the ground (and above
the upper border the sky on a ceiling), at true perspective. All of it is continuous and the circle
closes, so that there is no seam anywhere. Depths follow the same map.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.geometry.panorama import directions_from_angles, wrap_angle
from dynascene.geometry.picture import PictureCamera

ENLARGEMENT = 0.3  # logarithm of the largest scale beside the picture; the smallest is its inverse
SCALE_SAMPLES = 2049
# How much of the ground and the sky is mirrored before it is mirrored back, as a share of the
# distance on the plane from below (above) the camera to the picture's border. The sky's is short,
# so that it does not reach the tops of things.
GROUND_BAND, SKY_BAND = 0.35, 0.12
# A border nearer to the horizon than this is continued as if it were this far: on a plane seen
# so flat, a small step down would lead very far away
LEAST_SLOPE = math.radians(20)


class Continued(NamedTuple):
    """What to show in given directions.

    pixel: [..., 2], always within the picture.
    photographed: [...] bool, whether the picture shows that direction itself.
    nearness: [...] > 0, the distance of the thing continued, as a share of the distance that it
        has in the picture; it keeps the ground level. 1 where photographed.
    """

    pixel: Tensor
    photographed: Tensor
    nearness: Tensor


def continue_picture(camera: PictureCamera, azimuth: Tensor, depression: Tensor) -> Continued:
    """For each direction, the pixel to show there: the picture's own or one that continues it.

    azimuth, depression: [...] of one shape, radians, in the scene's world.
    """
    pixel, inside = camera.pixels_from_directions(directions_from_angles(azimuth, depression))
    nearness = torch.ones_like(azimuth)
    outside = ~inside
    pixel[outside], nearness[outside] = _continuation(camera, azimuth[outside], depression[outside])
    return Continued(pixel, inside, nearness)


def _continuation(
    camera: PictureCamera, azimuth: Tensor, depression: Tensor
) -> tuple[Tensor, Tensor]:
    """Directions [N] outside the picture → pixel [N, 2] to show there and its nearness [N]."""
    sideways, scale = _fold_sideways(camera, azimuth, depression)
    # Larger by ``scale`` about the horizon: tan β is height over distance
    level = torch.atan(depression.tan() / scale)
    source_azimuth, source_depression, share = _fold_upright(camera, sideways, level)
    source = directions_from_angles(source_azimuth, source_depression)
    pixel, _ = camera.pixels_from_directions(source)
    size = pixel.new_tensor(tuple(camera.size))
    pixel = reflect(pixel, torch.zeros_like(size), size)  # corners of a tilted picture
    # Distances over the ground shrink by both; a ray at depression β is 1 / cos β times as long
    slant = source_depression.cos() / depression.cos().clamp_min(1e-6)
    return pixel, (share / scale * slant).clamp(1e-3, 1e3)


def _fold_sideways(
    camera: PictureCamera, azimuth: Tensor, depression: Tensor
) -> tuple[Tensor, Tensor]:
    """Fold the circle into the picture's width: source azimuth and scale, both as ``azimuth``."""
    limit = camera.azimuth_limit
    border = camera.side_limit(depression)  # differs from ``limit`` where the picture is tilted
    azimuth = wrap_angle(azimuth)
    straight = azimuth.abs() <= border
    # 0 at the right border … 1 at the left one, going right
    around = torch.remainder(azimuth - border, 2 * math.pi) / (2 * math.pi - 2 * border)
    position, scale = _tiles(limit, around.clamp(0, 1))
    triangle = 1 - (torch.remainder(position, 2) - 1).abs()  # 0 → 1 → 0 over two tiles
    folded = border * (1 - 2 * triangle)
    return azimuth.where(straight, folded), scale.where(~straight, torch.ones_like(scale))


def _tiles(limit: float, around: Tensor) -> tuple[Tensor, Tensor]:
    """Where in the row of mirror images, counted in images, and at what scale, both [...].

    around: 0 … 1, from the picture's right border over the back to its left one. An odd number of
    images lies between the two, so that the last one meets the picture again.
    """
    rest = 2 * math.pi - 2 * limit
    count = max(1, 2 * round((rest / (2 * limit) - 1) / 2) + 1)
    beyond = torch.linspace(0, 1, SCALE_SAMPLES, dtype=torch.float64)
    from_right, from_left = beyond * rest / limit, (1 - beyond) * rest / limit
    # 1 at both borders, so that nothing kinks there; soon large on the right, small on the left
    logarithm = ENLARGEMENT * from_right.tanh() * from_left.tanh() * (math.pi * beyond).cos()
    passed = torch.cumulative_trapezoid((-logarithm).exp())  # images pass slower where larger
    passed = torch.cat([torch.zeros(1, dtype=torch.float64), passed])
    position = _interpolated(count * passed / passed[-1], around)
    return position, _interpolated(logarithm, around).exp()


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
