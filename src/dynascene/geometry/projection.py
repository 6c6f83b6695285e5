"""2.5-D camera mapping, the guide: the scene rendered along a camera track, with visibility."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from dynascene.geometry.canvas import CanvasSample, SceneCanvas
from dynascene.geometry.panorama import (
    PanoramaWindow,
    angles_from_directions,
    wrap_angle,
)
from dynascene.geometry.rays import border_to_border, pixel_centres, ray_directions
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.smooth_fields import field_on_pixels
from dynascene.geometry.surface import Surface
from dynascene.parallel import frames_in_threads
from dynascene.types import CameraTrack, Size

CANVAS_OVERSAMPLING = 1.75  # canvas pixels per output pixel, so that sampling does not soften
ROWS_AT_ONCE = 64  # of a view: their rays stay in the processor's cache
COARSE = Size(33, 19)  # rays per frame where a rough idea is enough
MOST_CANVAS_PIXELS = 32_000_000  # 510 MB with coarser levels; beyond, the density gives way
LONGEST_CANVAS_SIDE = 32_000  # pixels that OpenCV samples


@dataclass(frozen=True)
class GuideFrame:
    """One frame of the guide.

    Attributes:
        colour: [3, H, W] sRGB 0 … 1, filled where the picture shows nothing.
        visibility: [1, H, W], 1 where the picture shows the place.
        painted: [1, H, W], 1 where a network has painted on the canvas; None where none has.
    """

    colour: Tensor
    visibility: Tensor
    painted: Tensor | None = None


def scene_angles(track: CameraTrack, surface: Surface, frame: int) -> tuple[Tensor, Tensor]:
    """Where each pixel's ray meets the scene, as seen from the scene camera.

    Args:
        track: in the scene's world.

    Returns:
        Azimuth and depression, each [H, W] float32.
    """
    if surface.is_convex:
        azimuth, depression = field_on_pixels(partial(_angles, track, surface, frame), track.size)
        return azimuth, depression
    azimuth, depression = torch.empty(2, *track.size[::-1])
    for rows, points, _ in _hits(track, surface, frame):
        azimuth[rows], depression[rows] = angles_from_directions(points)
    return azimuth, depression


def _angles(track: CameraTrack, surface: Surface, frame: int, u: Tensor, v: Tensor) -> Tensor:
    """Azimuth and depression of what rays through columns u and rows v of a frame meet."""
    pose = track.cam_from_world[frame].float()
    directions = ray_directions(pose[:3, :3], track.intrinsics[frame].float(), u, v)
    points = surface.hit(camera_centres(pose).expand_as(directions), directions)
    return torch.stack(angles_from_directions(points))


def _hits(
    track: CameraTrack, surface: Surface, frame: int
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Some rows at a time: the points [h, W, 3] where their rays meet a surface, and the camera."""
    pose = track.cam_from_world[frame].float()
    intrinsics, centre = track.intrinsics[frame].float(), camera_centres(pose)
    u, v = pixel_centres(track.size, like=pose)
    for start in range(0, len(v), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        directions = ray_directions(pose[:3, :3], intrinsics, u, v[rows])
        yield rows, surface.hit(centre.expand_as(directions), directions), centre


def render_guide(
    track: CameraTrack, surfaces: Sequence[Surface], canvases: Sequence[SceneCanvas]
) -> Iterator[GuideFrame]:
    """The scene along a track given in the scene's world, one frame at a time.

    Args:
        surfaces, canvases: the scene's cards, in any order, and its layers, front to back.
    """

    def frame(index: int) -> GuideFrame:
        return _render_frame(track, surfaces, canvases, index)

    return frames_in_threads(frame, len(track))


def _render_frame(
    track: CameraTrack, surfaces: Sequence[Surface], canvases: Sequence[SceneCanvas], frame: int
) -> GuideFrame:
    seen: list[Tensor] = []
    for share, sample in _layers(track, surfaces, canvases, frame):
        planes = sample.colour, sample.photographed, sample.painted
        shown = [plane for plane in planes if plane is not None]
        if len(canvases) > 1:  # a single one covers every pixel
            shown = [share * plane for plane in shown]
        seen = [torch.add(*pair) for pair in zip(seen, shown, strict=True)] if seen else shown
    if len(canvases) > 1:
        seen = [plane.clamp_(0, 1) for plane in seen]  # shares add up to 1 but for rounding
    return GuideFrame(*seen)


def layer_shares(
    track: CameraTrack, surfaces: Sequence[Surface], canvases: Sequence[SceneCanvas], frame: int
) -> list[Tensor]:
    """The share of each pixel that each card and layer covers, [1, H, W], in their order."""
    return [share for share, _ in _layers(track, surfaces, canvases, frame)]


def _layers(
    track: CameraTrack, surfaces: Sequence[Surface], canvases: Sequence[SceneCanvas], frame: int
) -> Iterator[tuple[Tensor, CanvasSample]]:
    """In their order: the share of each pixel that a card or layer covers, and what it shows."""
    count = sum(canvas.is_card for canvas in canvases)
    cards = [
        _card_view(track, surface, canvas, frame)
        for surface, canvas in zip(surfaces[:count], canvases, strict=False)
    ]
    open_share = torch.ones(1, track.size.height, track.size.width)  # nothing nearer covers it
    for number, (distance, sample) in enumerate(cards):
        share = sample.solid
        for other, (further, cover) in enumerate(cards):  # which is nearer differs among pixels
            if other != number:
                hides = further <= distance if other < number else further < distance
                share = share * (1 - cover.solid * hides)
        yield share, sample
        open_share = open_share * (1 - sample.solid)
    for surface, canvas in zip(surfaces[count:], canvases[count:], strict=True):
        angles = scene_angles(track, surface, frame)
        sample = canvas.sample(*angles, is_backmost=canvas is canvases[-1])
        yield open_share * sample.solid, sample
        open_share = open_share * (1 - sample.solid)


def _card_view(
    track: CameraTrack, surface: Surface, canvas: SceneCanvas, frame: int
) -> tuple[Tensor, CanvasSample]:
    """How far a card is from the camera on each pixel's ray, [1, H, W], and what it shows."""
    azimuth, depression, distance = torch.empty(3, *track.size[::-1])
    for rows, points, centre in _hits(track, surface, frame):
        azimuth[rows], depression[rows] = angles_from_directions(points)
        distance[rows] = (points - centre).norm(dim=-1)
    return distance[None], canvas.sample(azimuth, depression)


def window_for_track(
    track: CameraTrack, surface: Surface, margin_degrees: float = 1.0
) -> PanoramaWindow:
    """The smallest window of sufficient density that holds all that the track sees."""
    azimuth, depression = angles_from_directions(coarse_hits(track, surface))
    left, right = _azimuth_span(azimuth)
    margin = math.radians(margin_degrees)
    half_width = min((right - left) / 2 + margin, math.pi)
    top = max(float(depression.min()) - margin, -math.pi / 2)
    bottom = min(float(depression.max()) + margin, math.pi / 2)
    density = CANVAS_OVERSAMPLING * _finest_density(track, azimuth, depression)
    pixels = 2 * half_width * (bottom - top) * density**2
    density *= min(1.0, math.sqrt(MOST_CANVAS_PIXELS / pixels))
    density = min(density, LONGEST_CANVAS_SIDE / max(2 * half_width, bottom - top))
    return PanoramaWindow((left + right) / 2, half_width, top, bottom, density)


def coarse_hits(track: CameraTrack, surface: Surface, grid: Size = COARSE) -> Tensor:
    """Points [F, rows, columns, 3] where rays of a coarse grid, up to each frame's border, hit.

    Args:
        track: in the scene's world.
        surface: of the scene.
        grid: of the rays in each frame.
    """
    return surface.hit(*coarse_rays(track, grid))


def coarse_rays(track: CameraTrack, grid: Size = COARSE) -> tuple[Tensor, Tensor]:
    """Origins and directions [F, rows, columns, 3] of a coarse grid up to each frame's border."""
    poses = track.cam_from_world.float()
    u, v = border_to_border(track.size, grid, like=poses)
    directions = ray_directions(poses[:, :3, :3], track.intrinsics.float(), u, v)
    return camera_centres(poses)[:, None, None].expand_as(directions), directions


def _azimuth_span(azimuth: Tensor) -> tuple[float, float]:
    """The shortest arc that holds all azimuths: the circle without its widest gap."""
    ordered = azimuth.flatten().sort().values
    gaps = torch.cat([ordered[1:], ordered[:1] + 2 * torch.pi]) - ordered
    widest = int(gaps.argmax())
    if float(gaps[widest]) < math.radians(8):
        return -math.pi, math.pi
    left = float(ordered[(widest + 1) % len(ordered)])
    return left, left + 2 * math.pi - float(gaps[widest])


def _finest_density(track: CameraTrack, azimuth: Tensor, depression: Tensor) -> float:
    """Output pixels per radian of the canvas where the view is most enlarged.

    The median over each frame, so that a sliver of near ground does not decide.
    """
    across = wrap_angle(azimuth.diff(dim=2))[:, :-1] * depression[:, :-1, :-1].cos()
    rise = depression.diff(dim=2)[:, :-1]
    turned = torch.hypot(across, rise).flatten(1).median(dim=1).values
    step = track.size.width / (COARSE.width - 1)
    return float((step / turned.clamp_min(1e-6)).max())
