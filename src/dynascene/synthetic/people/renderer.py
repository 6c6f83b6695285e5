"""Rendering the synthetic person: colour, matte and depth for each camera of a track.

V vertices, T triangles, H W pixels.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import camera_centres
from dynascene.imaging.colour import srgb_from_linear
from dynascene.synthetic.people.body import Body, build_body
from dynascene.synthetic.people.lighting import Light, light_towards
from dynascene.synthetic.people.look import PersonLook
from dynascene.synthetic.people.paint import paint
from dynascene.synthetic.people.rasteriser import NEAR, rasterise
from dynascene.synthetic.people.skeleton import Poses
from dynascene.types import CameraTrack, Size

VOXELS = (0.020, 0.014, 0.009)  # metres
CELL_PIXELS = 1.8
GLOSS = 0.06  # of the sun, back from cloth and skin at the mirror angle


class RenderedPerson(NamedTuple):
    """One frame of a person.

    Attributes:
        colour: uint8 [H, W, 3] sRGB, straight (not darkened at the edges), black off the person.
        matte: uint8 [H, W, 1], 255 = person.
        depth: float32 [H, W] camera z in metres, infinite off the person.
    """

    colour: np.ndarray
    matte: np.ndarray
    depth: np.ndarray


def render_person(
    look: PersonLook,
    poses: Poses,
    cameras: CameraTrack,
    *,
    light: Light | None = None,
    samples: int = 3,
    voxel: float | None = None,
) -> Iterator[RenderedPerson]:
    """The person in each pose, seen by the camera of the same frame.

    Args:
        look: the person.
        poses: made for ``look.height``; the world is metric, y down, the ground at y = 0.
        cameras: as many; their frame size is the pictures'.
        light: None = a sunny day.
        samples: per pixel and direction; the matte has samples² + 1 levels.
        voxel: of the mesh, see ``build_body``; None = by how near the person comes.

    Returns:
        The frames, one after the other.

    Raises:
        InputError: there are not as many poses as cameras, or ``samples`` < 1.
    """
    if len(poses) != len(cameras):
        raise InputError(f"person: {len(poses)} poses for {len(cameras)} cameras: they must agree")
    if samples < 1:
        raise InputError(f"person: samples is {samples}, at least 1 is needed")
    body = build_body(look, voxel or _voxel_for(poses, cameras))
    for motion, camera, intrinsics in zip(
        poses.world_from_rest, cameras.cam_from_world, cameras.intrinsics, strict=True
    ):
        vertices, normals = _pose_body(body, motion.float())
        glow = light_towards(vertices, normals, camera_centres(camera), light or Light())
        camera, intrinsics = camera.to(vertices), intrinsics.to(vertices)
        yield _render_frame(body, vertices, glow, camera, intrinsics, cameras.size, samples)


def _voxel_for(poses: Poses, cameras: CameraTrack) -> float:
    """The coarsest mesh whose cells stay below ``CELL_PIXELS`` where the person comes nearest."""
    in_camera = cameras.cam_from_world[:, None, :3, :3] @ poses.joints[..., None]
    depth = in_camera[..., 2, 0] + cameras.cam_from_world[:, None, 2, 3]
    before = torch.where(depth > NEAR, depth, torch.inf)
    pixels_per_metre = float((cameras.intrinsics[:, 0, 0] / before.amin(1)).max())
    fine_enough = [v for v in VOXELS if v * pixels_per_metre <= CELL_PIXELS]
    return fine_enough[0] if fine_enough else VOXELS[-1]


def _pose_body(body: Body, world_from_rest: Tensor) -> tuple[Tensor, Tensor]:
    """Linear blend skinning: world vertices and normals, [V, 3] each."""
    motion = (body.skin @ world_from_rest[:, :3].flatten(1)).unflatten(1, (3, 4))
    vertices = (motion[..., :3] @ body.vertices[..., None])[..., 0] + motion[..., 3]
    normals = (motion[..., :3] @ body.normals[..., None])[..., 0]
    return vertices, torch.nn.functional.normalize(normals, dim=-1)


class _Samples(NamedTuple):
    """What the samples of a window see: the pixel that each belongs to [N], its light (linear)
    [N, 3], camera z [N], and whether it lies in the pixel's middle [N]."""

    pixel: Tensor
    light: Tensor
    depth: Tensor
    middle: Tensor


def _render_frame(
    body: Body,
    vertices: Tensor,
    glow: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    size: Size,
    samples: int,
) -> RenderedPerson:
    """One picture from world vertices [V, 3] and the light that leaves them [V, 4]."""
    in_camera = vertices @ cam_from_world[:3, :3].T + cam_from_world[:3, 3]
    depth = in_camera[:, 2]
    pixels = (in_camera @ intrinsics.T)[:, :2] / depth.clamp(min=NEAR)[:, None]
    matte = np.zeros((size.height, size.width, 1), np.uint8)
    colour = np.zeros((size.height, size.width, 3), np.uint8)
    distance = np.full((size.height, size.width), np.inf, np.float32)
    window = _window(pixels[depth > NEAR], size)
    if window is None:
        return RenderedPerson(colour, matte, distance)
    left, top, right, bottom = window
    width, height = right - left, bottom - top
    points = (pixels - pixels.new_tensor([left, top])) * samples
    hits = _sample_body(body, points, depth, glow, (width, height), samples)
    light, share, near = _resolve_samples(hits, width * height, samples)
    area = np.s_[top:bottom, left:right]
    colour[area] = _to_bytes(srgb_from_linear(_tone_map(light))).reshape(height, width, 3)
    matte[area] = _to_bytes(share).reshape(height, width, 1)
    distance[area] = near.reshape(height, width).cpu().numpy()
    return RenderedPerson(colour, matte, distance)


def _sample_body(
    body: Body, points: Tensor, depth: Tensor, glow: Tensor, window: tuple[int, int], samples: int
) -> _Samples:
    """Rasterise vertices [V, 2] (in samples) and paint what is seen."""
    width, height = window[0] * samples, window[1] * samples
    cover = rasterise(points, depth, body.faces, width, height)
    corners = body.faces[cover.triangle]
    values = torch.cat([glow, body.rest], dim=-1)
    a, b, c = (values[corners[:, i]] * cover.weights[:, i, None] for i in range(3))
    glowing, rest = (a + b + c).split([4, 3], dim=-1)
    albedo = paint(body.look, body.part[corners[:, 0]], rest)
    light = albedo * glowing[:, :3] + GLOSS * glowing[:, 3:]
    column, row = cover.sample % width, cover.sample // width
    middle = (row % samples == samples // 2) & (column % samples == samples // 2)
    pixel = row // samples * window[0] + column // samples
    return _Samples(pixel, light, cover.depth, middle)


def _resolve_samples(hits: _Samples, pixels: int, samples: int) -> tuple[Tensor, Tensor, Tensor]:
    """Per pixel: the person's mean light [P, 3], share covered [P], camera z [P] (∞ off it)."""
    pixel, light = hits.pixel, hits.light
    total = light.new_zeros(pixels, 3).index_add_(0, pixel, light)
    count = light.new_zeros(pixels).index_add_(0, pixel, torch.ones_like(hits.depth))
    near = light.new_full((pixels,), torch.inf).scatter_reduce_(0, pixel, hits.depth, "amin")
    near[pixel[hits.middle]] = hits.depth[hits.middle]
    return total / count.clamp(min=1)[:, None], count / samples**2, near


def _window(pixels: Tensor, size: Size) -> tuple[int, int, int, int] | None:
    """The part of the frame that the person may touch: left, top, right, bottom in pixels."""
    if not len(pixels):
        return None
    low, high = pixels.amin(0).floor().tolist(), pixels.amax(0).ceil().tolist()
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), size.width), min(int(high[1]), size.height)
    return (left, top, right, bottom) if left < right and top < bottom else None


def _tone_map(light: Tensor) -> Tensor:
    """A soft shoulder instead of clipped highlights: straight up to 0.6, then bent towards 1."""
    over = (light - 0.6).clamp(min=0)
    return light.clamp(max=0.6) + 0.4 * (1 - torch.exp(-over / 0.4))


def _to_bytes(values: Tensor) -> np.ndarray:
    return (values * 255).round().to(torch.uint8).cpu().numpy()
