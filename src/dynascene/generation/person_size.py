"""Whether a person can stand in a picture as large as they are there; one line where not."""

from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.geometry.around import PanoramaCamera
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.framing import Framing, eye_shares
from dynascene.geometry.lifting import LiftedScene

STEEP = -35.0  # degrees: pictures that look down more show a table top, or the ground from the air
AT_HORIZON = 0.05  # of the person: a camera lower than this sees no ground at the feet
GIANT, DWARF = 3.0, 0.25  # heights of the picture's camera
ROOM = 0.95  # of a room's height, which a person may take
BEYOND = 0.5  # share of the frames whose feet may lie on ground that the picture does not show
NEARER = 0.98  # of the way to the ground: what is hit before stands upright
LOWEST = 0.95  # of the picture's height: a row where ground is most surely shown


class PersonSize(NamedTuple):
    """A person against the place.

    Attributes:
        heights: the person's, in heights of the picture's camera above the ground; None where the
            feet are not below the horizon.
        beyond: share of the frames in which the ground at the feet lies below the picture's border.
        behind: share of the frames in which the feet are behind what stands upright.
    """

    heights: float | None
    beyond: float
    behind: float = 0.0


def person_size(scene: LiftedScene, framing: Framing, standing: Tensor) -> PersonSize:
    """The size that the ground under a person's feet tells.

    Args:
        scene: the place.
        framing: of the first camera.
        standing: unit rays [N, 2, 3] to feet and head in its axes, N ≥ 1.
    """
    turn = framing.scene_from_camera
    position = turn.new_tensor(framing.position)
    ground = scene.surface.height
    eye = float(eye_shares(turn[1], standing).median())
    if eye <= AT_HORIZON:
        return PersonSize(None, 0.0)
    feet = standing[:, 0].to(turn) @ turn.mT
    descent = feet[:, 1:2].clamp(min=1e-6)
    points = position + (ground - position[1]) / descent * feet
    pixels, inside = scene.camera.pixels_from_directions(points)
    below = ~inside & (pixels[:, 1] > scene.camera.size.height)
    hits = scene.surface.hit(position.expand_as(feet), feet)
    behind = (hits - position).norm(dim=-1) < NEARER * (points - position).norm(dim=-1)
    shares = (float(condition.float().mean()) for condition in (below, behind))
    return PersonSize(float(ground - position[1]) / eye / ground, *shares)


def size_doubt(
    scene: LiftedScene, framing: Framing, standing: Tensor | None, person_scale: float = 1.0
) -> str:
    """One line on a size or a ground that cannot be right, and what mends it; else empty.

    Args:
        scene: the place.
        framing: of the first camera.
        standing: as for ``person_size``; None or empty: no feet are seen, so nothing is told.
        person_scale: by which the person is scaled in ``framing`` already.
    """
    if standing is None or not len(standing):
        return ""
    camera = scene.camera
    if camera.horizon >= LOWEST * camera.size.height:
        return (
            "the picture shows no ground to stand on, since its horizon is near the lower border; "
            "give the `horizon` if that is wrong, or a person who is seen from the waist up"
        )
    if camera.pitch < STEEP:
        return (
            f"the picture looks down by {-camera.pitch:.0f}°, as from the air or onto a table, and "
            "the person stands in it as on level ground; give the `horizon` if that is wrong"
        )
    size = person_size(scene, framing, standing)
    if size.heights is None:
        mending = (
            "`framing` centre looks along the panorama's own horizon"
            if _is_panorama(scene)
            else f"`stand` {_on_the_ground(scene)} puts them on it"
        )
        return (
            "the person's feet are at the picture's horizon or above it, where no ground is; "
            f"{mending}"
        )
    return _height_doubt(scene, size.heights, person_scale) or _ground_doubt(scene, size)


def _height_doubt(scene: LiftedScene, heights: float, person_scale: float) -> str:
    surface = scene.surface
    room = 1 + surface.ceiling / surface.height if isinstance(surface, PlaceBox) else torch.inf
    if heights > ROOM * room:
        return (
            f"the person is {heights / room:.2g} times as tall as the room; `person_scale` "
            f"{person_scale * 0.75 * room / heights:.2g} makes them fit, or give the `horizon` or "
            "`scene_fov`"
        )
    as_tall = f"`person_scale` {person_scale / heights:.2g} makes them as tall"
    if heights > GIANT:
        # a panorama's horizon is its middle row
        other = "" if _is_panorama(scene) else ", or give the `horizon`"
        return (
            f"the person is a giant, {heights:.2g} times as tall as the picture's camera was high; "
            f"{as_tall}{other}"
        )
    if heights < DWARF:
        return (
            f"the person is {heights:.2g} times as tall as the picture's camera was high, which is "
            f"right for a view from a tower; {as_tall}"
        )
    return ""


def _ground_doubt(scene: LiftedScene, size: PersonSize) -> str:
    stand = f"`stand` {_on_the_ground(scene)} puts them on ground that the picture shows"
    if size.behind > BEYOND and isinstance(scene.surface, PlaceBox):
        return (
            "the person is farther away than the walls of the place, so the feet hang before one; "
            f"{stand}, `place` ground takes the walls away"
        )
    if size.beyond > BEYOND:
        mending = (
            "only a picture that reaches farther down shows it" if _is_panorama(scene) else stand
        )
        return (
            "the person stands nearer than the picture shows ground, which is filled in there; "
            f"{mending}"
        )
    return ""


def _is_panorama(scene: LiftedScene) -> bool:
    """Whether the place is a panorama, for which `stand` and `horizon` are not."""
    return isinstance(scene.camera, PanoramaCamera)


def _on_the_ground(scene: LiftedScene) -> str:
    """A point of the picture that is most surely ground, as `stand` takes it."""
    size = scene.camera.size
    return f"{size.width // 2},{round(LOWEST * size.height)}"
