"""Writing what was painted in one view of the place back to its canvas.

A canvas pixel takes the paint where the view shows it: its point of the place lies in the frame,
and the view's own ray through that point ends there, so that nothing is in front of it. What the
picture shows stays bit for bit. Earlier paint fades into the new one over a band that the view
gives, so that no seam stays.

H W pixels of a canvas, h w pixels of the view.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.canvas import SceneCanvas
from dynascene.geometry.canvas_pixels import PIXELS_AT_ONCE
from dynascene.geometry.panorama import directions_from_angles, wrap_angle
from dynascene.geometry.projection import scene_angles
from dynascene.geometry.surface import Surface
from dynascene.types import CameraTrack

TOLERANCE = 2.5  # pixels of the view by which both directions may miss each other


@dataclass(frozen=True)
class Paint:
    """What a view paints; the canvas keeps its own detail.

    Attributes:
        change: [3, h, w], added to the colours that the canvas had before any painting, so that
            earlier paint leaves no step.
        fresh: [1, h, w], 1 where nothing is known yet, fading to 0 where something is.
    """

    change: Tensor
    fresh: Tensor


class _Part(NamedTuple):
    """Rows and columns of a canvas that hold all that a view shows."""

    rows: Tensor
    columns: Tensor


def repaint(
    canvas: SceneCanvas,
    plain: SceneCanvas,
    surface: Surface,
    view: CameraTrack,
    paint: Paint,
    visibility: Tensor,
) -> SceneCanvas:
    """The canvas of one layer of the scene, with what the view paints on it.

    Args:
        plain: the same before anything was painted.
        view: one camera of h×w pixels in the scene's world.
        visibility: [1, h, w], 1 where the view shows this layer and no other.
    """
    angles = scene_angles(view, surface, 0)
    directions = directions_from_angles(*angles).movedim(-1, 0)
    source = torch.cat([paint.change, paint.fresh, visibility, directions, _footprint(directions)])
    pixels = canvas.pixels.with_paint()
    azimuth, depression = canvas.window.pixel_angles()
    part = _reached(azimuth, depression, *angles)
    for rows in part.rows.split(max(1, PIXELS_AT_ONCE // max(1, len(part.columns)))):
        # what was photographed stays, and is most of the canvas
        unknown = ~pixels.is_photographed(rows, part.columns)
        row, column = (i[:, None] for i in unknown.nonzero(as_tuple=True))
        row, column = rows[row], part.columns[column]
        place = row.numpy(), column.numpy()
        directions = directions_from_angles(azimuth[column], depression[row])
        own = plain.pixels.at(place)[:3]
        painted = _with_paint(pixels.at(place), own, surface, view, source, directions)
        pixels.put(place, painted)
    return replace(canvas, pixels=pixels)


def _with_paint(
    layers: Tensor,
    own: Tensor,
    surface: Surface,
    view: CameraTrack,
    source: Tensor,
    directions: Tensor,
) -> Tensor:
    """Pixels of a canvas in directions [N, 1, 3] from the scene camera.

    layers: [6, N, 1]. own: [3, N, 1], its colours before anything was painted.
    """
    points = surface.hit(torch.zeros_like(directions), directions)
    grid, inside = _in_view(view, points)
    sampled = F.grid_sample(
        source[None], grid[None], mode="bicubic", padding_mode="border", align_corners=False
    )[0]
    change, fresh, visibility, view_directions, footprint = sampled.split((3, 1, 1, 3, 1))
    deviation = (
        (view_directions - directions.movedim(-1, 0)).square().sum(dim=0, keepdim=True).sqrt()
    )
    takes = inside[None] & (visibility > 0.5) & (deviation < TOLERANCE * footprint)
    revealed, painted = takes * (1 - layers[3:4]), layers[5:]
    share = revealed * torch.maximum(fresh.clamp(0, 1), 1 - painted)
    colour = (own + change).clamp(0, 1)
    coverage = torch.maximum(painted, revealed)
    return torch.cat([torch.lerp(layers[:3], colour, share), layers[3:5], coverage])


def _in_view(view: CameraTrack, points: Tensor) -> tuple[Tensor, Tensor]:
    """Points [..., 3] → coordinates in the frame, −1 … 1 from border to border, and whether it
    shows that direction at all."""
    pose, k = view.cam_from_world[0].to(points), view.intrinsics[0].to(points)
    x, y, z = (points @ pose[:3, :3].mT + pose[:3, 3]).unbind(-1)
    ahead = z > 1e-6
    z = z.where(ahead, torch.ones_like(z))
    u = (k[0, 0] * x / z + k[0, 2]) / view.size.width * 2 - 1
    v = (k[1, 1] * y / z + k[1, 2]) / view.size.height * 2 - 1
    return torch.stack([u, v], dim=-1), ahead & (u.abs() <= 1) & (v.abs() <= 1)


def _footprint(directions: Tensor) -> Tensor:
    """[3, h, w] of a view's pixels → [1, h, w], how far neighbours are apart."""
    across = F.pad(directions.diff(dim=2).norm(dim=0)[None, None], (0, 1, 0, 0), mode="replicate")
    down = F.pad(directions.diff(dim=1).norm(dim=0)[None, None], (0, 0, 0, 1), mode="replicate")
    return torch.maximum(across, down)[0]


def _reached(
    azimuth: Tensor, depression: Tensor, view_azimuth: Tensor, view_depression: Tensor
) -> _Part:
    """Which columns [W] and rows [H] lie within the extent of a view's angles, [h, w] each."""
    h, w = view_azimuth.shape
    middle = view_azimuth[h // 2, w // 2]
    columns = _within(wrap_angle(azimuth - middle), wrap_angle(view_azimuth - middle), w)
    return _Part(_within(depression, view_depression, h), columns)


def _within(angles: Tensor, extent: Tensor, pixels: int) -> Tensor:
    """Indices of the angles [N] within an extent of pixels' centres and half a pixel around it."""
    border = (extent.max() - extent.min()) / pixels
    inside = (angles >= extent.min() - border) & (angles <= extent.max() + border)
    return inside.nonzero()[:, 0]
