"""The continuation of a picture on the planes of its box: each plane is mirrored on itself.

Floor, ceiling and side walls are mirrored along the direction to the back wall at the picture's
border, and back again after a while, so that joints and skirtings run on without a kink and corners
stay corners. The back wall is mirrored across and upwards, and the round wall behind what is open
is the back wall unrolled.

N points, in the box's axes: X right, Y down, Z to the back wall.
"""

import math

import torch
from torch import Tensor

from dynascene.geometry.box import FACES, PlaceBox
from dynascene.geometry.continuation import Continuation, continue_picture, reflect
from dynascene.geometry.panorama import directions_from_angles
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Surface

BAND = 0.8  # how far a plane is mirrored before it is mirrored back, as a share of the distance
HALF_PIXEL = 0.5  # mirrors stand so far within the border
LEFT, RIGHT, TOP, BOTTOM = range(4)  # borders of the picture


def continue_place(
    camera: PictureCamera, surface: Surface | None, azimuth: Tensor, depression: Tensor
) -> Continuation:
    """As ``continue_box`` where the surface is a box, else as ``continue_picture``."""
    if isinstance(surface, PlaceBox):
        return continue_box(camera, surface, azimuth, depression)
    return continue_picture(camera, azimuth, depression)


def continue_box(
    camera: PictureCamera, box: PlaceBox, azimuth: Tensor, depression: Tensor
) -> Continuation:
    """The pixel to show in each direction: of the picture itself or of its planes' continuation.

    Args:
        camera: of the picture.
        box: of the place.
        azimuth, depression: [...] of one shape, in radians, in the scene's world.
    """
    directions = directions_from_angles(azimuth, depression)
    pixel, inside = camera.pixels_from_directions(directions)
    outside = ~inside
    pixel[outside] = _continued(camera, box, azimuth[outside], depression[outside])
    return Continuation(pixel, inside, torch.ones_like(azimuth))


def _continued(camera: PictureCamera, box: PlaceBox, azimuth: Tensor, depression: Tensor) -> Tensor:
    """Directions [N] outside the picture → pixel [N, 2] to show there."""
    rays = directions_from_angles(azimuth, depression).double()
    hits, face = box.hit(torch.zeros_like(rays), rays), box.face(torch.zeros_like(rays), rays)
    points = hits @ box.scene_from_box
    points = _unrolled(box, points).where((face == len(FACES))[:, None], points)
    back = face >= FACES.index("back wall")
    folded = _on_back_wall(camera, box, points).where(
        back[:, None], _along_the_box(camera, box, points)
    )
    pixel, shown = camera.pixels_from_directions(folded @ box.scene_from_box.mT)
    # where no part of a plane's line is in the picture, its continuation as a panorama
    lost = ~shown
    if lost.any():
        pixel[lost] = continue_picture(camera, azimuth[lost], depression[lost]).pixel.to(pixel)
    return pixel.to(azimuth)


def _unrolled(box: PlaceBox, points: Tensor) -> Tensor:
    """Points on the round wall as points of the back wall's plane."""
    x, y, z = points.unbind(-1)
    edge = math.acos(min(1.0, box.back / box.radius))
    angle = torch.atan2(x, z)
    across = box.radius * (math.sin(edge) + angle.abs() - edge) * angle.sign()
    return torch.stack([across, y, torch.full_like(z, box.back)], dim=-1)


def _on_back_wall(camera: PictureCamera, box: PlaceBox, points: Tensor) -> Tensor:
    points = _folded(camera, box, points, axis=0, borders=(LEFT, RIGHT))
    return _folded(camera, box, points, axis=1, borders=(TOP, BOTTOM))


def _along_the_box(camera: PictureCamera, box: PlaceBox, points: Tensor) -> Tensor:
    """Points of the other planes; walls without a ceiling are mirrored upwards."""
    if math.isfinite(box.ceiling):
        return _folded(camera, box, points, axis=2, borders=(LEFT, RIGHT, TOP, BOTTOM))
    points = _folded(camera, box, points, axis=2, borders=(LEFT, RIGHT, BOTTOM))
    return _folded(camera, box, points, axis=1, borders=(TOP,))


def _folded(
    camera: PictureCamera, box: PlaceBox, points: Tensor, axis: int, borders: tuple[int, ...]
) -> Tensor:
    """Points mirrored along an axis until they lie within the given borders of the picture.

    Points on whose line nothing does stay where they are.
    """
    least, most = _extent(box, axis)
    low, high = torch.full_like(points[:, 0], least), torch.full_like(points[:, 0], most)
    for normal in _inward(camera, box)[list(borders)].to(points):
        # n·(p + (t − p_axis)·e) ≥ 0 bounds t from below or from above
        slope = normal[axis]
        if abs(float(slope)) < 1e-9:
            continue
        bound = points[:, axis] - (points @ normal) / slope
        if slope > 0:
            low = torch.maximum(low, bound)
        else:
            high = torch.minimum(high, bound)
    place, span = points[:, axis], high - low
    if axis == 2:  # near the border the picture is finest
        reach = BAND * torch.maximum(low, points[:, :2].norm(dim=-1))
        span = torch.minimum(span, reach).where(low.isfinite(), span)
    below = reflect(place, low, low + span)
    above = reflect(place, high - span, high)
    mirrored = below.where(place < low, above.where(place > high, place))
    mirrored = mirrored.where(low < high, place)
    folded = points.clone()
    folded[:, axis] = mirrored
    return folded


def _extent(box: PlaceBox, axis: int) -> tuple[float, float]:
    """Of the box along an axis; ±∞ where it is open."""
    return ((-box.left, box.right), (-box.ceiling, box.height), (-math.inf, box.back))[axis]


def _inward(camera: PictureCamera, box: PlaceBox) -> Tensor:
    """Normals [4, 3] in the box's axes of the planes through the camera and the borders."""
    half_width = camera.size.width / 2 - HALF_PIXEL
    half_height = camera.size.height / 2 - HALF_PIXEL
    f = camera.focal
    normals = torch.tensor(
        [[f, 0, half_width], [-f, 0, half_width], [0, f, half_height], [0, -f, half_height]],
        dtype=torch.float64,
    )
    return normals @ camera.scene_from_picture.mT @ box.scene_from_box
