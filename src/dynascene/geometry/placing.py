"""Where a camera has to stand so that a filmed person's feet are at a point of the place.

The person's pixels stay as they were filmed, so it is the place that moves under them. The
orientation R of the first camera is chosen first; feet, ground and size then leave one position.
In the first camera's axes let r be the ray to the feet in frame k, and c the camera's way from the
first frame to frame k. G is the point of the ground, g its depth below the scene camera, and S the
person's scale:

    H_k = S (g − (R c)_y)                  height of camera k above the ground
    C_k = G − H_k / (R r)_y · R r          its position: feet on the ground at G
    C_0 = C_k − S R c                      position of the first camera

A person of height P is seen at the same angles under H_k / P, so S times the camera's height and
travel make the person S times as tall in the place.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.framing import (
    USUAL_EYE,
    Attitude,
    Framing,
    eye_shares,
    filmed_attitude,
    is_inside,
    place_track,
    reached_share,
)
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.rigid import camera_centres, relative_to_first, rotation_about
from dynascene.types import CameraTrack

SURE_PITCH = 0.4  # least confidence with which the filmed pitch is taken as it is
PITCHES = torch.arange(-60.0, 40.0, 0.05, dtype=torch.float64)  # degrees tried
LEAST_DESCENT = 0.01  # of the unit ray to the feet: nearer to the horizon they are infinitely far
STEPS = 60  # tried, back and ahead
SEEN_STANDING = 4  # frames with feet, or all of a shorter clip: fewer do not move the camera
ON_GROUND = 0.8  # share of the frames in which a person's feet must be on the ground
LESS_SEEN = 0.25  # of the view within the picture, which stepping back may cost …
MORE_SEEN = 0.1  # … and which stepping ahead must bring
CLEAR_OF_WALLS = 0.03  # of a plane's distance, by which feet stay before it
LEVEL = 0.8  # least upward part of the normal of what counts as ground


class FilmedFeet(NamedTuple):
    """Where a person's feet are seen.

    Attributes:
        frame: its number.
        ray: [3] unit ray to them, in the axes of the first frame's camera.
    """

    frame: int
    ray: Tensor


def ground_point(scene: LiftedScene, x: float, y: float) -> Tensor | None:
    """The point [3] of the place's ground that its picture shows at a pixel.

    None where the picture shows something else there: what is above the horizon or stands upright.

    Args:
        scene: of a flat picture.
        x, y: in the picture's pixels.
    """
    around = torch.tensor([[x, y], [x + 1, y], [x, y + 1]], dtype=torch.float64)
    rays = scene.camera.directions_from_pixels(around)
    if not rays[0, 1] > 0:
        return None
    point, right, below = scene.surface.hit(torch.zeros_like(rays), rays)
    normal = torch.linalg.cross(right - point, below - point)
    return point if abs(normal[1]) >= LEVEL * normal.norm() else None


def ground_seen_at(
    framing: Framing, track: CameraTrack, feet: FilmedFeet, ground: float
) -> Tensor | None:
    """The point [3] of level ground at the person's feet; None where those are not below the level.

    Args:
        framing: of the first camera.
        track: in track units.
        feet: of the person.
        ground: its depth below the scene camera.
    """
    turn = framing.scene_from_camera
    ray = turn @ feet.ray.to(turn)
    way = turn @ camera_centres(relative_to_first(track.cam_from_world))[feet.frame]
    centre = turn.new_tensor(framing.position) + way
    if not (ray[1] >= LEAST_DESCENT and centre[1] < ground):
        return None
    return centre + (ground - centre[1]) / ray[1] * ray


def shown_ground(
    framing: Framing, track: CameraTrack, frames: Tensor, rays: Tensor, scene: LiftedScene
) -> Tensor:
    """The pixels [N, 2] of the picture that show the level ground at a person's feet.

    Feet at the horizon or above it are left out, and what the picture does not show is put at its
    nearest border.

    Args:
        framing: of the first camera.
        track: in track units.
        frames: [N] numbers.
        rays: [N, 3] to the feet in these frames, in the axes of the first frame's camera.
        scene: of a flat picture.
    """
    turn, ground = framing.scene_from_camera, scene.surface.height
    feet = rays.to(turn) @ turn.mT
    centres = camera_centres(relative_to_first(track.cam_from_world))[frames].to(turn) @ turn.mT
    centres = centres + turn.new_tensor(framing.position)
    below = (feet[:, 1] >= LEAST_DESCENT) & (centres[:, 1] < ground)
    feet, centres = feet[below], centres[below]
    points = centres + (ground - centres[:, 1:2]) / feet[:, 1:2] * feet
    pixels, _ = scene.camera.pixels_from_directions(points)
    size = scene.camera.size
    return pixels.clamp(pixels.new_zeros(2), pixels.new_tensor([size.width, size.height]))


def standing_orientation(
    choice: Framing | str,
    scene: LiftedScene,
    track: CameraTrack,
    attitude: Attitude,
    feet: FilmedFeet,
    point: Tensor,
) -> Framing:
    """How the first camera is held for feet at a point [3] of the ground.

    "auto": as steeply as it was filmed, where that is known well, else so that its height above the
    ground is a usual one for the person's; and turned so that it sees the point from the same side
    as the scene camera does. A given framing stays, and "centre" is the picture's.
    """
    if isinstance(choice, Framing):
        return choice
    if choice == "centre":
        return Framing(0.0, scene.camera.pitch, filmed_attitude(track).roll)
    level = Framing(0.0, held_pitch(attitude), attitude.roll)
    x, _, z = (level.scene_from_camera @ feet.ray.to(level.scene_from_camera)).tolist()
    right, _, ahead = point.tolist()
    yaw = math.degrees(math.atan2(right, ahead) - math.atan2(x, z))
    return replace(level, yaw=math.remainder(yaw, 360.0))


def held_pitch(attitude: Attitude) -> float:
    """The first camera's pitch in degrees, by what was filmed, else by the usual eye height."""
    standing = attitude.standing
    if attitude.confidence >= SURE_PITCH or standing is None or not len(standing):
        return attitude.pitch
    turn = rotation_about("x", PITCHES) @ rotation_about("z", attitude.roll)
    shares = eye_shares(turn[:, 1], standing).median(dim=-1).values
    return float(PITCHES[(shares.clamp(min=1e-6) / USUAL_EYE).log().abs().argmin()])


def stand_at(
    framing: Framing, track: CameraTrack, feet: FilmedFeet, point: Tensor, scale: float = 1.0
) -> Framing:
    """The framing with the position from which the feet are seen at a point [3] of the ground.

    Args:
        framing: how the first camera is held; its position does not count.
        track: in track units, as for a person of scale 1. The result is for ``scale`` times it.
        feet: of the person.
        point: [3] in the scene's world.
        scale: of the person against the place.

    Raises:
        InputError: held so, the camera sees the feet at the horizon or above it.
    """
    turn = framing.scene_from_camera
    ray = turn @ feet.ray.to(turn)
    way = turn @ camera_centres(relative_to_first(track.cam_from_world))[feet.frame]
    height = scale * (point[1] - way[1])
    if not (ray[1] >= LEAST_DESCENT and height > 0):
        raise InputError(
            f"the person's feet are at the horizon or above it in frame {feet.frame}, where no "
            "ground is; give a `framing` YAW,PITCH that looks down (a negative PITCH)"
        )
    position = point - height / ray[1] * ray - scale * way
    return replace(framing, position=tuple(position.tolist()))


def step_back(
    framing: Framing, track: CameraTrack, scene: LiftedScene, standing: Tensor
) -> Framing:
    """The framing, moved back until a person who would be behind a wall stands before it.

    It stays as it is where the person stands on the ground already, where the camera would leave
    the place, and where much less of the picture would be seen.

    Args:
        framing: of the first camera.
        track: in track units.
        scene: a box; other places have no walls.
        standing: unit rays [N, 2, 3] to feet and head, in the first camera's axes.
    """
    places = _level_places(framing, track, scene, standing)
    if places is None or not isinstance(scene.surface, PlaceBox):
        return framing
    places[:, 1] = 0.0  # whatever their height, walls are upright
    ahead = _ahead(framing)
    ways = -torch.linspace(0, float(places.norm(dim=-1).median()), STEPS, dtype=ahead.dtype)
    moved = places + ways[:, None, None] * ahead
    before = scene.surface.contains(moved, CLEAR_OF_WALLS)
    return _moved(framing, track, scene, ways, before, -LESS_SEEN)


def step_ahead(
    framing: Framing, track: CameraTrack, scene: LiftedScene, standing: Tensor
) -> Framing:
    """The framing, moved ahead until the picture shows the ground that a person stands on.

    It stays as it is where the picture shows that ground already, where the camera would leave the
    place, and where that does not bring clearly more of the picture into view.

    Args: as for ``step_back``. A place without walls is left alone, as what stands on its ground
        smears when the camera comes near.
    """
    places = _level_places(framing, track, scene, standing)
    if places is None or not isinstance(scene.surface, PlaceBox):
        return framing
    ahead = _ahead(framing)
    farthest = scene.surface.hit(torch.zeros_like(ahead), ahead).norm()
    ways = torch.linspace(0, float(farthest), STEPS, dtype=ahead.dtype)
    _, shown = scene.camera.pixels_from_directions(places + ways[:, None, None] * ahead)
    return _moved(framing, track, scene, ways, shown, MORE_SEEN)


def _level_places(
    framing: Framing, track: CameraTrack, scene: LiftedScene, standing: Tensor
) -> Tensor | None:
    """Where feet are on level ground, [N, 3], seen from the origin; None where they hardly are.

    The lowest point of somebody whose feet are cut off in most frames is no foot.
    """
    if len(standing) < min(SEEN_STANDING, len(track)):
        return None
    turn = framing.scene_from_camera
    feet = standing[:, 0].to(turn) @ turn.mT
    feet = feet[feet[:, 1] >= LEAST_DESCENT]
    if not len(feet) or len(feet) < ON_GROUND * len(standing):
        return None
    return scene.surface.height / feet[:, 1:2] * feet


def _ahead(framing: Framing) -> Tensor:
    """The level direction [3] in which the first camera looks."""
    forward = framing.scene_from_camera[:, 2]
    level = forward * forward.new_tensor([1.0, 0.0, 1.0])
    return level / level.norm()


def _moved(
    framing: Framing,
    track: CameraTrack,
    scene: LiftedScene,
    ways: Tensor,
    right: Tensor,
    gain: float,
) -> Framing:
    """The framing, moved by the first way [S] that puts most feet where they belong.

    Args:
        right: bool [S, N], whether they are there.
        gain: by how much the share of the view within the picture must grow.
    """
    enough = right.double().mean(dim=-1) >= ON_GROUND
    if enough[0] or not enough.any():
        return framing
    way = ways[enough.to(torch.uint8).argmax()]
    moved = replace(framing, position=tuple((way * _ahead(framing)).tolist()))
    placed = place_track(track, moved)
    before = reached_share(place_track(track, framing), scene)
    after = reached_share(placed, scene)
    return moved if is_inside(placed, scene) and after >= before + gain else framing
