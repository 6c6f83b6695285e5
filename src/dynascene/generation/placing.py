"""Puts the person where a request says: their feet on a point of the picture, at their size."""

from dataclasses import replace
from typing import NamedTuple

from torch import Tensor

from dynascene.errors import InputError
from dynascene.estimators.scale.feet import first_feet
from dynascene.generation.request import PlaceInput
from dynascene.geometry.framing import Attitude, Framing, choose_framing
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.placing import (
    FilmedFeet,
    ground_point,
    ground_seen_at,
    stand_at,
    standing_orientation,
)
from dynascene.geometry.tracks import scale_track
from dynascene.types import CameraTrack, FrameSource


class PlacedCameras(NamedTuple):
    """The cameras in track units, and where the first one stands and looks."""

    track: CameraTrack
    framing: Framing


def place_person(
    place: PlaceInput,
    choice: Framing | str,
    scene: LiftedScene,
    track: CameraTrack,
    attitude: Attitude,
    matte: FrameSource,
) -> PlacedCameras:
    """The cameras for a person who stands where, and is as large as, the request says.

    Args:
        place: with ``stand`` and ``person_scale``.
        choice: of the framing.
        track: in track units, as for a person of scale 1.
        attitude: of the first camera.
        matte: of the person.

    Raises:
        InputError: ``stand`` is not on the place's ground, or the feet are never seen.
    """
    scale = place.person_scale
    if place.stand is None and scale == 1:
        return PlacedCameras(track, choose_framing(choice, track, scene, attitude))
    feet = first_feet(matte, track)
    if place.stand is not None:
        if feet is None:
            raise InputError("`stand`: the person's feet are seen in no frame")
        point = _stand_point(scene, place.stand)
        framing = standing_orientation(choice, scene, track, attitude, feet, point)
        placed = stand_at(framing, track, feet, point, scale)
    else:
        framing = choose_framing(choice, track, scene, attitude)
        placed = _scaled_in_place(framing, track, feet, scene.surface.height, scale)
    return PlacedCameras(scale_track(track, scale), placed)


def _stand_point(scene: LiftedScene, stand: tuple[float, float]) -> Tensor:
    x, y = stand
    size, horizon = scene.camera.size, scene.camera.horizon
    point = ground_point(scene, x, y)
    if point is not None:
        return point
    if y <= horizon:
        raise InputError(
            f"`stand` {x:g},{y:g}: lies above the horizon (row {horizon:.0f} of {size.height}), "
            "where no ground is; give a lower row, or the `horizon`"
        )
    raise InputError(
        f"`stand` {x:g},{y:g}: is no ground, as the place is taken, but upright; give a lower row, "
        "or the place another shape (`place`, `scene_depth`)"
    )


def _scaled_in_place(
    framing: Framing, track: CameraTrack, feet: FilmedFeet | None, ground: float, scale: float
) -> Framing:
    """The framing for a person of another scale, whose feet stay on their point of the ground.

    Where the feet are not seen, the point below the first camera stays.
    """
    point = feet and ground_seen_at(framing, track, feet, ground)
    if feet is None or point is None:
        return replace(framing, position=(0.0, ground * (1 - scale), 0.0))
    return stand_at(framing, track, feet, point, scale)


def outside(place: PlaceInput) -> str:
    """Which parameter puts the camera outside the place, and how to mend it."""
    if place.stand is None:
        return (
            f"`person_scale` {place.person_scale:g}: the camera would leave the place; give a "
            "scale nearer to 1"
        )
    x, y = place.stand
    return (
        f"`stand` {x:g},{y:g}: the camera, which is as far from the person as it was filmed, would "
        "be outside the place; point at ground that is farther away, or give a smaller "
        "`person_scale`"
    )
