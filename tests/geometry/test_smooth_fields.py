"""Fields that are computed in few pixels, against the same fields computed in all of them."""

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from dynascene.geometry.box import PlaceBox
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.panorama import angles_from_directions, wrap_angle
from dynascene.geometry.projection import scene_angles
from dynascene.geometry.rays import track_rays
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.geometry.smooth_fields import STEP, field_on_pixels
from dynascene.geometry.surface import Stage, Surface
from dynascene.types import CameraTrack, Size

SIZES = [Size(3, 3), Size(33, 130), Size(240, 135)]
STAGE = Stage(0.2, 1.3)
BOX = PlaceBox(0.2, 0.3, 0.4, 0.6, 1.5, turn=20.0, radius=1.7)


def everywhere(size: Size) -> tuple[Tensor, Tensor]:
    return torch.arange(size.width) + 0.5, torch.arange(size.height) + 0.5


@pytest.mark.parametrize("size", SIZES)
def test_a_polynomial_is_met_in_every_pixel(size: Size) -> None:
    def field(u: Tensor, v: Tensor) -> Tensor:
        x, y = (u / 50)[..., None, :], (v / 50)[..., :, None]
        return torch.stack([x - 2 * x * y**3, x**4 + y, 3 + 0 * x * y])

    exact = field(*everywhere(size))
    torch.testing.assert_close(field_on_pixels(field, size), exact, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_a_step_and_a_bend_are_exact_in_every_pixel(size: Size) -> None:
    """Across each other and aslant, one of 5 to one and one of a slope to twice that slope."""

    def field(u: Tensor, v: Tensor) -> Tensor:
        x, y = u[..., None, :], v[..., :, None]
        step = 5.0 * (x + 0.3 * y > 0.5 * size.width) + x / 100
        return torch.stack([step, y + (y - 0.4 * size.height - 0.1 * x).clamp(min=0)])

    torch.testing.assert_close(
        field_on_pixels(field, size), field(*everywhere(size)), atol=1e-2, rtol=0
    )


def test_few_pixels_of_a_smooth_field_are_computed() -> None:
    counts = []

    def field(u: Tensor, v: Tensor) -> Tensor:
        counts.append(u.numel() * v.shape[-1])
        return ((u[..., None, :] + 2 * v[..., :, None]) / 200).sin()[None]

    field_on_pixels(field, Size(64, 64))
    assert counts == [(64 // STEP + 6) ** 2]


@pytest.mark.parametrize("surface", [STAGE, BOX])
@pytest.mark.parametrize(
    ("centre", "yaw", "pitch"),
    [((0.0, 0.0, 0.0), 0.0, 0.0), ((0.1, 0.02, 0.2), 10.0, -5.0), ((0.2, 0.1, 0.5), 170.0, 30.0)],
    ids=["still", "moved", "seam"],
)
def test_angles_of_a_view_are_those_of_each_pixels_ray(
    surface: Surface, centre: tuple[float, float, float], yaw: float, pitch: float
) -> None:
    """Within 1/50 of a pixel, where the ground meets the wall and across the seam at 180° too."""
    assert worst_error(surface, Size(243, 135), centre, turned(yaw, pitch)) < 1 / 50


@pytest.mark.parametrize("centre", [(0.0, 0.0, 0.0), (0.1, 0.02, 0.2)], ids=["still", "moved"])
@pytest.mark.parametrize("surface", [STAGE, BOX])
def test_a_seam_that_leaves_the_picture_aslant_is_exact_up_to_the_border(
    surface: Surface, centre: tuple[float, float, float]
) -> None:
    """The border's pixels are interpolated from beyond it, where only a corner may cross the seam.

    Turns up, down and about the line of sight put the seam through the border at many angles.
    """
    turns = product(range(140, 221, 10), (-40, -20, -5, 10, 35), (0, 4))
    for yaw, pitch, roll in turns:
        error = worst_error(surface, Size(160, 90), centre, turned(yaw, pitch, roll))
        assert error < 1 / 50, f"{yaw}° around, {pitch}° up, {roll}° about the line of sight"


def turned(yaw: float, pitch: float, roll: float = 0.0) -> Tensor:
    """World from camera, degrees."""
    angles = torch.tensor([yaw, pitch, roll], dtype=torch.float64)
    y, x, z = (rotation_about(*turn) for turn in zip("yxz", angles, strict=True))
    return y @ x @ z


def worst_error(
    surface: Surface, size: Size, centre: tuple[float, float, float], turn: Tensor
) -> float:
    """Of the angles in a view of 70°, in pixels."""
    pose = rigid(turn.mT, -(turn.mT @ torch.tensor(centre).double()))
    track = CameraTrack(pose[None], intrinsics_from_fov(70.0, size).expand(1, 3, 3), size)
    rays = track_rays(track)
    points = surface.hit(rays.origins.expand_as(rays.directions), rays.directions)
    exact = torch.stack(angles_from_directions(points))[:, 0]
    apart = wrap_angle(torch.stack(scene_angles(track, surface, 0)) - exact)
    apart[0] *= exact[1].cos()  # around the vertical, circles of azimuth are narrower
    pixel = 2 * math.tan(math.radians(35)) / size.width
    return float(apart.abs().max()) / pixel
