"""Puts the person where a request says: their feet on a point of the picture, at their size."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from dynascene.errors import InputError
from dynascene.estimators.scale.feet import first_feet
from dynascene.estimators.scale.slip import Slip
from dynascene.generation.free_ground import find_free_ground
from dynascene.generation.ground_contact import GroundContact, contact_report
from dynascene.generation.place_request import PlaceInput
from dynascene.geometry.framing import (
    Attitude,
    Framing,
    choose_framing,
    is_inside,
    place_track,
)
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.placing import (
    FilmedFeet,
    ground_point,
    ground_seen_at,
    stand_at,
    standing_orientation,
    step_ahead,
    step_back,
)
from dynascene.geometry.tracks import scale_track
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource


class PlacedCameras(NamedTuple):
    """The cameras in track units, and where the first one stands and looks.

    Attributes:
        slip: of standing feet under them; None where none are seen.
        slip_before: with the travel that the feet have corrected; None where it stayed.
    """

    track: CameraTrack
    framing: Framing
    slip: Slip | None = None
    slip_before: Slip | None = None


@dataclass(frozen=True)
class PersonPlacer:
    """Puts the person of a clip into places.

    Attributes:
        place: with ``stand`` and ``person_scale``.
        choice: of the framing.
        matte: of the person.
        contact: the standing feet.
        may_scale: whether the feet may tell how far the camera travels.
    """

    place: PlaceInput
    choice: Framing | str
    matte: FrameSource
    contact: GroundContact
    log: Log
    may_scale: bool

    def __call__(self, scene: LiftedScene, track: CameraTrack, attitude: Attitude) -> PlacedCameras:
        """See ``place_person``; feet that slide correct the travel where they tell it clearly."""
        cameras = self._placed(scene, track, attitude)
        if cameras.slip is None or not self.may_scale:
            return cameras
        placed = place_track(cameras.track, cameras.framing)
        travel = self.contact.travel(placed, scene.surface.height)
        if travel is None:
            return cameras
        settled = self._placed(scene, scale_track(track, travel), attitude)
        stays = is_inside(place_track(settled.track, settled.framing), scene)
        if not stays or settled.slip is None or settled.slip.pixels >= cameras.slip.pixels:
            return cameras
        self.log.notice(
            f"standing feet tell that the camera travels {travel:.2g} times as far: they slide by "
            f"{settled.slip.pixels:.2g} pixels a frame instead of {cameras.slip.pixels:.2g}"
        )
        return settled._replace(slip_before=cameras.slip)

    def _placed(self, scene: LiftedScene, track: CameraTrack, attitude: Attitude) -> PlacedCameras:
        cameras = place_person(self.place, self.choice, scene, track, attitude, self.matte)
        placed = place_track(cameras.track, cameras.framing)
        return cameras._replace(slip=self.contact.slip(placed, scene.surface.height))

    def report(self, cameras: PlacedCameras) -> dict[str, Any]:
        """What is known of the standing feet, for report.json."""
        return contact_report(self.contact, cameras.slip, cameras.slip_before)


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
        free = find_free_ground(scene, track, matte) if choice == "auto" else None
        cost = partial(free.cost, track=track) if free else None
        framing = choose_framing(choice, track, scene, attitude, cost)
        if choice == "auto" and attitude.standing is not None:
            for step in (step_back, step_ahead):
                framing = step(framing, track, scene, attitude.standing)
        return PlacedCameras(track, framing)
    feet = first_feet(matte, track)
    if place.stand is not None:
        if feet is None:
            raise InputError("`stand`: the person's feet are seen in no frame")
        point = stand_point(scene, place.stand)
        framing = standing_orientation(choice, scene, track, attitude, feet, point)
        placed = stand_at(framing, track, feet, point, scale)
    else:
        framing = choose_framing(choice, track, scene, attitude)
        placed = _scaled_in_place(framing, track, feet, scene.surface.height, scale)
    return PlacedCameras(scale_track(track, scale), placed)


def stand_point(scene: LiftedScene, stand: tuple[float, float]) -> Tensor:
    """The point [3] of the ground at a pixel of the picture.

    Raises:
        InputError: it is no ground.
    """
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


def outside_message(place: PlaceInput) -> str:
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
