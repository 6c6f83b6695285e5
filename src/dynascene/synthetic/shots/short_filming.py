"""How a short clip of few pixels is filmed, and what of it the scene picture shows.

F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.geometry.rays import Rays, track_rays
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.shots.person_clips import Placement, StrideClip, composite
from dynascene.types import CameraTrack, Size

FINENESS = 2  # rays per pixel, across and down
DEEPER = 1.15  # what lies so much farther away than the picture shows is hidden by something


@dataclass(frozen=True)
class ShortShot:
    """One clip, in the world of its place and in track units. Ranges as in ``types.Batch``.

    Attributes:
        video, background: [F, 3, H, W], with and without the person.
        matte, foreground: [F, 1, H, W], [F, 3, H, W].
        scene_image, scene_visibility: [3, H, W], [1, H, W].
        cam_from_world, intrinsics: [F, 4, 4], [F, 3, 3] float64.
        scene_cam_from_world, scene_intrinsics: [4, 4], [3, 3] float64, of the scene picture.
        seen: bool [F, 1, H, W], True where the scene picture shows the same surface.
        world: kind of the place.
        place: name of the picture it is made of.
        inputs: further fields of ``clip_fields`` by name, as far as they are asked for.
    """

    video: Tensor
    background: Tensor
    matte: Tensor
    foreground: Tensor
    scene_image: Tensor
    scene_visibility: Tensor
    cam_from_world: Tensor
    intrinsics: Tensor
    scene_cam_from_world: Tensor
    scene_intrinsics: Tensor
    seen: Tensor
    world: str
    place: str
    inputs: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """A place in track units, the camera of its picture, and its light.

    Attributes:
        place: the median depth of the picture is 1, where it has depth.
        picture: a track of one frame.
        light: factors on sRGB values, [3, 1, 1].
    """

    place: SyntheticPlace
    picture: CameraTrack
    light: Tensor


class PersonLayers(NamedTuple):
    """colour: [F, 3, H, W] sRGB 0 … 1, black off the person. matte: [F, 1, H, W]. who, where: the
    person and their places; None where there is nobody."""

    colour: Tensor
    matte: Tensor
    who: StrideClip | None = None
    where: Placement | None = None


class StagedClip(NamedTuple):
    """All that decides the frames of a clip.

    setting: the place, its picture and its light. track: in the place's world. person: as seen by
    the track.
    """

    setting: Setting
    track: CameraTrack
    person: PersonLayers


def film(
    setting: Setting, track: CameraTrack, person: PersonLayers, world: str, name: str
) -> ShortShot:
    """The clip that a track films of a setting.

    Args:
        setting: the place, its picture and its light.
        track: in the place's world.
        person: as seen by the track.
        world, name: of the place.
    """
    background, depth = render(setting, track)
    picture, picture_depth = render(setting, setting.picture)
    colour, matte = person.colour, person.matte
    return ShortShot(
        video=composite(colour, matte, background) * 2 - 1,
        background=background * 2 - 1,
        matte=matte,
        foreground=(colour * 2 - 1) * matte,
        scene_image=picture[0] * 2 - 1,
        scene_visibility=torch.ones_like(picture[0, :1]),
        cam_from_world=track.cam_from_world,
        intrinsics=track.intrinsics,
        scene_cam_from_world=setting.picture.cam_from_world[0],
        scene_intrinsics=setting.picture.intrinsics[0],
        seen=seen_from(setting.picture, picture_depth, track_rays(track), depth),
        world=world,
        place=name,
    )


def render(setting: Setting, track: CameraTrack) -> tuple[Tensor, Tensor]:
    """Colour [F, 3, H, W] sRGB 0 … 1, the mean of several rays, and depth [F, 1, H, W] of one."""
    fine = Size(FINENESS * track.size.width, FINENESS * track.size.height)
    intrinsics = track.intrinsics.clone()
    intrinsics[:, :2] *= FINENESS
    rays = track_rays(CameraTrack(track.cam_from_world, intrinsics, fine))
    colour = (setting.place.render(rays)[0] * setting.light).clamp(0, 1)
    return nnf.avg_pool2d(colour, FINENESS), setting.place.render(track_rays(track))[1]


def seen_from(picture: CameraTrack, picture_depth: Tensor, rays: Rays, depth: Tensor) -> Tensor:
    """Where a picture shows the surface that rays meet.

    Args:
        picture: its camera, a track of one frame.
        picture_depth: [1, 1, H, W], infinite where the place has no depth.
        rays: of the frames.
        depth: [F, 1, H, W] along them, infinite likewise.

    Returns:
        bool [F, 1, H, W].
    """
    far = torch.isinf(depth[:, 0, ..., None])
    points = rays.origins + rays.directions * depth[:, 0, ..., None].where(~far, 1)
    rotation = picture.cam_from_world[0, :3, :3].float()
    shift = picture.cam_from_world[0, :3, 3].float()
    at_infinity = rays.directions @ rotation.mT
    in_camera = at_infinity.where(far, points @ rotation.mT + shift)
    ahead = in_camera[..., 2]
    pixel = (in_camera / ahead[..., None].clamp_min(1e-6)) @ picture.intrinsics[0].float().mT
    column, row = pixel[..., 0].floor().long(), pixel[..., 1].floor().long()
    width, height = picture.size
    inside = (ahead > 1e-6) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    there = picture_depth[0, 0][row.clamp(0, height - 1), column.clamp(0, width - 1)]
    return (inside & (far[..., 0] | (ahead < DEEPER * there)))[:, None]


def level_pose(yaw: float, pitch: float) -> Tensor:
    """A camera at the origin, [4, 4] camera ← world: degrees to the right and up, no roll."""
    rotation = rotation_about("y", yaw) @ rotation_about("x", pitch)  # world ← camera
    return rigid(rotation.mT, torch.zeros(3, dtype=torch.float64))


def started_at(track: CameraTrack, start: Tensor) -> CameraTrack:
    """A track that begins at the identity, begun at another pose [4, 4]."""
    return CameraTrack(track.cam_from_world @ start, track.intrinsics, track.size)


def in_track_units(place: SyntheticPlace, picture: CameraTrack) -> SyntheticPlace:
    """The place with lengths in median depths of what a picture shows of it from the origin."""
    if place.stage is None:
        return place
    turned = picture.cam_from_world.clone()
    turned[:, :3, 3] = 0
    rays = track_rays(CameraTrack(turned, picture.intrinsics, picture.size))
    return place.scale(1 / float(place.render(rays)[1].median()))
