"""The camera of the scene picture, and the picture's natural continuation in all directions."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.geometry.panorama import directions_from_angles, wrap_angle
from dynascene.geometry.rigid import rotation_about
from dynascene.types import Size


@dataclass(frozen=True)
class PictureCamera:
    """Where the scene picture was taken: at the origin of the scene's world, level, azimuth 0.

    focal: in pixels (square pixels, principal point in the middle).
    size: of the picture.
    horizon: row of the horizon in pixels from the top; may lie outside the picture.
    """

    focal: float
    size: Size
    horizon: float

    @property
    def pitch(self) -> float:
        """Degrees that the camera looked up (negative: down), so that the horizon falls in place.

        A camera that looks up by p sees the horizon f·tan p below the middle.
        """
        return math.degrees(math.atan2(self.horizon - self.size.height / 2, self.focal))

    @property
    def scene_from_picture(self) -> Tensor:
        """Rotation [3, 3]: the picture camera's axes → the scene's world."""
        return rotation_about("x", self.pitch)

    def pixels_from_directions(self, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Directions [..., 3] in the scene's world → pixel [..., 2] and whether that is inside.

        Directions behind the camera are not in the picture; their pixel is arbitrary but finite.
        """
        rotation = self.scene_from_picture.to(directions)
        x, y, z = (directions @ rotation).unbind(-1)  # row vectors: d·R = Rᵀd
        ahead = z > 1e-6 * directions.norm(dim=-1)
        z = z.where(ahead, torch.ones_like(z))
        u = self.focal * x / z + self.size.width / 2
        v = self.focal * y / z + self.size.height / 2
        inside = ahead & (u >= 0) & (u <= self.size.width) & (v >= 0) & (v <= self.size.height)
        return torch.stack([u, v], dim=-1), inside

    @property
    def azimuth_limit(self) -> float:
        """Azimuth in radians at which the horizon (or, if that is out of sight, the row nearest
        to it) leaves the picture at its right border; the left one mirrors it."""
        row = min(max(self.horizon, 0.0), float(self.size.height)) - self.size.height / 2
        corner = torch.tensor([self.size.width / 2, row, self.focal], dtype=torch.float64)
        x, _, z = (self.scene_from_picture @ corner).tolist()
        return math.atan2(x, z)

    def depression_limits(self, azimuth: Tensor) -> tuple[Tensor, Tensor]:
        """Depression of the picture's upper and lower border in each column of azimuth, [...]."""
        limits = []
        for row in (0.0, float(self.size.height)):
            # Pixels of one row lie in the plane n·d = 0 with n = R·(0, f, −(row − h/2));
            # with d = (sin α, tan β, cos α): tan β = −(n_x sin α + n_z cos α) / n_y
            normal = torch.tensor([0.0, self.focal, self.size.height / 2 - row]).double()
            nx, ny, nz = (self.scene_from_picture @ normal).tolist()
            limits.append(
                torch.atan2(-(nx * azimuth.sin() + nz * azimuth.cos()), _full(azimuth, ny))
            )
        return limits[0], limits[1]

    def continued(self, azimuth: Tensor, depression: Tensor) -> tuple[Tensor, Tensor]:
        """The picture continued by mirroring: for each direction, the pixel to show there.

        azimuth, depression [...] → pixel [..., 2] always within the picture, and whether it is
        photographed there [...] (False: continued). Continuous everywhere, the closing of the full
        circle included; the horizon stays straight and upright lines stay upright.
        """
        limit = self.azimuth_limit
        folded, straight = fold_azimuth(azimuth, limit)
        top, bottom = self.depression_limits(folded)
        level = reflect(depression, top, bottom)
        pixel, _ = self.pixels_from_directions(directions_from_angles(folded, level))
        width, height = self.size
        inside = straight & (depression >= top) & (depression <= bottom)
        inside = inside & (pixel[..., 0] >= 0) & (pixel[..., 0] <= width)
        u = reflect(pixel[..., 0], torch.zeros_like(folded), _full(folded, width))
        v = pixel[..., 1].clamp(0, height)
        return torch.stack([u, v], dim=-1), inside


def fold_azimuth(azimuth: Tensor, limit: float) -> tuple[Tensor, Tensor]:
    """Fold the full circle into [−limit, limit] by mirroring at the borders.

    The rest of the circle, 2π − 2·limit wide, is cut into an odd number of mirrored tiles of
    nearly the picture's width, so that the last one meets the picture again without a seam.
    Returns the folded azimuth [...] and whether it is the azimuth itself.
    """
    azimuth = wrap_angle(azimuth)
    straight = azimuth.abs() <= limit
    width = 2 * limit
    rest = 2 * math.pi - width
    tiles = max(1, 2 * round((rest / width - 1) / 2) + 1)
    beyond = torch.remainder(azimuth - limit, 2 * math.pi)  # 0 at the right border, going right
    position = beyond / (rest / tiles)  # tile k covers [k, k + 1)
    triangle = 1 - (torch.remainder(position, 2) - 1).abs()  # 0 → 1 → 0 over two tiles
    return azimuth.where(straight, limit - triangle * width), straight


def reflect(value: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Mirror values [...] at both ends of [low, high] until they lie within."""
    span = (high - low).clamp_min(1e-9)
    position = torch.remainder(value - low, 2 * span)
    return low + torch.minimum(position, 2 * span - position)


def _full(like: Tensor, value: float) -> Tensor:
    return torch.full_like(like, value)
