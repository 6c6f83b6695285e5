"""The camera of the scene picture: the direction of each pixel."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.types import CameraTrack, Size


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
        """Pitch of the camera in degrees, positive: it looks up.

        A camera that looks up by p sees the horizon f·tan p below the middle.
        """
        return math.degrees(math.atan2(self.horizon - self.size.height / 2, self.focal))

    @property
    def scene_from_picture(self) -> Tensor:
        """Rotation [3, 3]: the picture camera's axes → the scene's world."""
        return rotation_about("x", self.pitch)

    def rays(self, rows: int, columns: int) -> Tensor:
        """Rays of a grid of picture cells, [rows, columns, 3] float32 in the camera's own axes."""
        scale = self.size.width / columns, self.size.height / rows
        u = (torch.arange(columns) + 0.5) * scale[0] - self.size.width / 2
        v = (torch.arange(rows) + 0.5) * scale[1] - self.size.height / 2
        y, x = torch.meshgrid(v / self.focal, u / self.focal, indexing="ij")
        return torch.stack([x, y, torch.ones_like(x)], dim=-1)

    def pixels_from_directions(self, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Directions [..., 3] in the scene's world → pixel [..., 2], and whether it is inside.

        Directions behind the camera are outside; their pixel is arbitrary but finite.
        """
        rotation = self.scene_from_picture.to(directions)
        x, y, z = (directions @ rotation).unbind(-1)  # row vectors: d·R = Rᵀd
        ahead = z > 1e-6 * directions.norm(dim=-1)
        z = z.where(ahead, torch.ones_like(z))
        u = self.focal * x / z + self.size.width / 2
        v = self.focal * y / z + self.size.height / 2
        inside = ahead & (u >= 0) & (u <= self.size.width) & (v >= 0) & (v <= self.size.height)
        return torch.stack([u, v], dim=-1), inside

    def directions_from_pixels(self, pixels: Tensor) -> Tensor:
        """Pixels [..., 2] → directions [..., 3] in the scene's world, of any length."""
        x, y = (pixels - pixels.new_tensor([self.size.width / 2, self.size.height / 2])).unbind(-1)
        rays = torch.stack([x, y, torch.full_like(x, self.focal)], dim=-1)
        return rays @ self.scene_from_picture.to(rays).mT

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

    def side_limit(self, depression: Tensor) -> Tensor:
        """Azimuth of the picture's right border at each depression, [...] → [...] > 0.

        The left border mirrors it. Beyond the corners it is the corner's.
        """
        width, height = self.size
        rotation = self.scene_from_picture
        corners = torch.tensor([[width / 2, y, self.focal] for y in (-height / 2, height / 2)])
        x, y, z = (corners.double() @ rotation.mT).unbind(-1)
        upper, lower = torch.atan2(y, torch.hypot(x, z)).tolist()
        # Pixels of the border's column lie in the plane n·d = 0 with n = R·(f, 0, −w/2):
        # n_x sin α + n_z cos α = −n_y tan β
        normal = torch.tensor([self.focal, 0.0, -width / 2]).double()
        nx, ny, nz = (rotation @ normal).tolist()
        sine = -ny * depression.clamp(upper, lower).tan() / math.hypot(nx, nz)
        return (sine.clamp(-1, 1).asin() - math.atan2(nz, nx)).clamp_min(1e-2)


def picture_track(camera: PictureCamera, size: Size | None = None) -> CameraTrack:
    """The scene picture's camera as a track of one frame.

    Args:
        camera: of the picture.
        size: of the frame; None = the picture's.

    Returns:
        The track, at the origin of the scene's world.
    """
    size = size or camera.size
    scale = size.width / camera.size.width
    focal = camera.focal * scale
    rotation = camera.scene_from_picture.mT
    pose = rigid(rotation, torch.zeros(3, dtype=torch.float64))
    k = intrinsics_matrix(focal, focal, size.width / 2, size.height / 2)
    return CameraTrack(pose[None], k[None], size)


def _full(like: Tensor, value: float) -> Tensor:
    return torch.full_like(like, value)
