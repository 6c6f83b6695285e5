"""The place lifted, and cameras put into it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from dynascene.errors import InputError
from dynascene.generation.camera_input import FilmedCamera
from dynascene.generation.place_input import ScenePicture, lift_place
from dynascene.generation.place_shape import BEHIND_STAND, BY_LINES, ShapedPlace, with_backdrop
from dynascene.generation.placing import outside_message
from dynascene.generation.request import GenerationRequest
from dynascene.geometry.framing import Attitude, Framing, choose_framing, is_inside, place_track
from dynascene.geometry.lifting import BACKDROP_DISTANCE, LiftedScene
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack


@dataclass(frozen=True)
class PlacedTrack:
    """The cameras in track units.

    attitude: how the first one was held, where that is known. framing: where it is chosen already.
    feet: what is known of the standing feet, for the report.
    """

    track: CameraTrack
    attitude: Attitude | None
    framing: Framing | None = None
    feet: dict[str, Any] = field(default_factory=dict)


def evidence_of(place: ShapedPlace) -> dict[str, Any]:
    """The evidence for a box, among what was estimated."""
    return {} if place.evidence is None else {"box": place.evidence}


def lift_and_put(
    request: GenerationRequest,
    picture: ScenePicture,
    filmed: FilmedCamera | None,
    put: Callable[[LiftedScene], PlacedTrack],
    folder: Path,
    log: Log,
) -> tuple[ShapedPlace, PlacedTrack]:
    """The place, and the cameras in it. A shape that nobody asked for gives way to the cameras, and
    a near backdrop to whoever stands there."""
    track = filmed.track if filmed else None
    place = lift_place(request.place, picture, track, folder, log)
    placed = put(place.scene)
    if place.report.get("chosen") == BY_LINES and not _stays_inside(request, place.scene, placed):
        log.notice(
            "the camera would pass through a wall of the box, so the place is ground and backdrop "
            "(`place` box keeps the box, for a smaller movement)"
        )
        place = lift_place(request.place, picture, track, folder, log, is_open=True)
        placed = put(place.scene)
    if place.ground_end is not None:
        with log.stage("place"):
            end = round(place.ground_end.distance, 2)
            depth = _depth_needed(request, place.scene, placed, end, log)
        if depth > place.ground_end.distance:
            place = with_backdrop(place, min(depth, BACKDROP_DISTANCE))
            placed = put(place.scene)
    is_put = placed.framing is not None and any(placed.framing.position)
    if is_put and not _stays_inside(request, place.scene, placed):
        raise InputError(outside_message(request.place))
    heights = place.report.get("backdrop_in_camera_heights")
    if heights is not None and place.ground_end is not None:
        end = round(place.ground_end.distance, 2)
        behind = (
            "" if heights == end else f"; behind the person, the backdrop is {heights:.2g} away"
        )
        log.notice(
            f"the picture shows a wall {end:.2g} camera heights away{behind} (`place` ground has "
            f"the usual backdrop, {BACKDROP_DISTANCE:g} away)"
        )
    return place, placed


def _depth_needed(
    request: GenerationRequest, scene: LiftedScene, placed: PlacedTrack, end: float, log: Log
) -> float:
    """Heights of the camera that a backdrop must be away, for cameras and whoever stands there.

    end: where the picture's ground ends, of which whoever stands beyond it is told.
    """
    framing = _framing(request, scene, placed)
    if not _stays_inside(request, scene, replace(placed, framing=framing)):
        return BACKDROP_DISTANCE
    feet = _feet_distance(scene, framing, placed.attitude)
    if end < feet < math.inf:
        nearer = "a nearer `stand`" if request.place.stand else "`stand` X,Y"
        log.doubt(
            f"the picture's ground ends {end:.2g} camera heights away, and the person's feet are "
            f"{feet:.2g} away, on what stands there ({nearer} puts them on the ground; if the "
            "ground goes on in the picture, `horizon` is off)"
        )
    return BEHIND_STAND * feet


def _feet_distance(scene: LiftedScene, framing: Framing, attitude: Attitude | None) -> float:
    """Of the first feet that are seen from the picture's position, in heights of the camera; 0
    where none are, ∞ where they are not below the horizon."""
    standing = attitude.standing if attitude else None
    if standing is None or not len(standing):
        return 0.0
    height = scene.surface.height
    origin = torch.tensor(framing.position, dtype=torch.float64)
    ray = framing.scene_from_camera @ standing[0, 0]
    if ray[1] <= 0:
        return math.inf
    # o + s r meets the ground, y = height, y down
    point = origin + (height - origin[1]) / ray[1] * ray
    return float(point[::2].norm() / height)


def _stays_inside(request: GenerationRequest, scene: LiftedScene, placed: PlacedTrack) -> bool:
    """Whether the cameras stay within the walls; cards are checked with the guide."""
    framing = _framing(request, scene, placed)
    return is_inside(place_track(placed.track, framing), replace(scene, cards=()))


def _framing(request: GenerationRequest, scene: LiftedScene, placed: PlacedTrack) -> Framing:
    """As it is chosen already, or as it will be."""
    return placed.framing or choose_framing(
        request.options.framing, placed.track, scene, placed.attitude
    )


def with_attitude(filmed: FilmedCamera | None, request: GenerationRequest) -> FilmedCamera | None:
    """The camera, held as the request says where it says so."""
    attitude = request.options.attitude
    return replace(filmed, attitude=attitude) if filmed and attitude else filmed
