"""The shape of a place: ground and backdrop, a box, or a depth map; as asked, or by evidence."""

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.estimators.box.estimate import BoxEstimate, estimate_box
from dynascene.estimators.ground_end import GroundEnd, find_ground_end
from dynascene.estimators.horizon import estimate_horizon
from dynascene.generation.footage import found_depth
from dynascene.generation.place_request import PlaceInput
from dynascene.generation.uprights import stand_things
from dynascene.geometry.box import FACES, PlaceBox, box_from_corners
from dynascene.geometry.cards import Upright
from dynascene.geometry.lifting import (
    BACKDROP_DISTANCE,
    LiftedScene,
    lift_to_box,
    lift_to_stage,
    lift_with_depth,
)
from dynascene.geometry.picture import PictureCamera
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.jobs.log import Log
from dynascene.types import Size

GROUND, BOX, DEPTH = "ground", "box", "depth"
FARTHEST_STAND = 30.0  # heights of the camera: farther away, ground is hardly told from horizon
BEHIND_STAND = 1.25  # times as far as the person is the backdrop
BY_LINES = "by its lines"


class Lens(NamedTuple):
    """The lens of a picture.

    Attributes:
        focal: in pixels of the picture.
        is_known: False where it is assumed.
        longest: with which the picture fills the frame of the filmed camera; ∞ where none was
            filmed.
    """

    focal: float
    is_known: bool
    longest: float = math.inf


class ShapedPlace(NamedTuple):
    """A lifted picture, and what report.json says of its shape and of the lines' evidence.

    uprights: things that were made to stand, in the request's order. ground_end: where the
    picture's ground ends, if that is nearer than the usual backdrop.
    """

    scene: LiftedScene
    report: dict[str, Any]
    evidence: dict[str, float] | None = None
    uprights: tuple[Upright, ...] = ()
    ground_end: GroundEnd | None = None


def scene_colours(pixels: np.ndarray, exact: np.ndarray | None) -> Tensor:
    """[3, H, W] in 0 … 1 of uint8 pixels [H, W, 3], or of exact ones where there are any."""
    if exact is None:
        return tensor_from_bytes(pixels)
    return torch.from_numpy(np.ascontiguousarray(exact.transpose(2, 0, 1)))


@dataclass(frozen=True)
class PlacePicture:
    """The picture of a place with what its request says of it.

    Attributes:
        pixels: uint8 [H, W, 3].
        exact: the same as float32 in 0 … 1 where the file has more than 8 bits; else None.
        is_open: whether it is no box, whatever its lines tell.
    """

    place: PlaceInput
    pixels: np.ndarray
    lens: Lens
    log: Log
    exact: np.ndarray | None = None
    is_open: bool = False

    @property
    def size(self) -> Size:
        return Size(self.pixels.shape[1], self.pixels.shape[0])

    @property
    def colours(self) -> Tensor:
        return scene_colours(self.pixels, self.exact)

    @property
    def horizon(self) -> float | None:
        """Its row as it is given, or None."""
        return None if self.place.horizon is None else self.place.horizon * self.size.height

    @cached_property
    def camera(self) -> PictureCamera:
        """With the horizon that is given or estimated."""
        row = self.horizon
        if row is None:
            with self.log.stage("horizon"):
                row = estimate_horizon(self.pixels, self.lens.focal).row
        return PictureCamera(self.lens.focal, self.size, row)


def shape_place(picture: PlacePicture, depth: Tensor | None, folder: Path) -> ShapedPlace:
    """Lift a picture to the shape that is asked for, else to the one its evidence tells, and stand
    the things on it that the request names.

    Args:
        depth: [H, W] as the user gave it, or None.
        folder: of the results, where an estimated depth map is kept.

    Raises:
        InputError: the picture cannot have the shape that is asked for, or a thing cannot stand.
    """
    place = _shape(picture, depth, folder)
    boxes = picture.place.upright
    if not boxes:
        return place
    with picture.log.stage("uprights"):
        things = stand_things(place.scene, picture.pixels, boxes)
    for doubt in things.doubts:
        picture.log.doubt(doubt)
    report = place.report | {"uprights": things.report}
    return place._replace(scene=things.scene, report=report, uprights=things.uprights)


def _shape(picture: PlacePicture, depth: Tensor | None, folder: Path) -> ShapedPlace:
    """Without the things that stand."""
    shape, log = picture.place.place, picture.log
    if picture.place.box is not None:
        return _box_by_hand(picture, picture.place.box)
    if depth is None and shape in (None, DEPTH) and not picture.place.upright:
        depth = found_depth(picture.pixels, picture.camera, folder, log)
    if depth is not None:
        with log.stage("lift"):
            scene = lift_with_depth(picture.colours, picture.camera, depth)
        return ShapedPlace(scene, {"shape": "depth map"})
    if shape == DEPTH:
        raise InputError(
            "`place` depth: there is no depth; give `scene_depth` FILE, or fetch a depth network "
            "(dynascene weights)"
        )
    is_open = shape == GROUND or picture.is_open
    return _shape_by_lines(picture, None if is_open else _estimate(picture))


def _shape_by_lines(picture: PlacePicture, estimate: BoxEstimate | None) -> ShapedPlace:
    """A box where it is asked for or clear, else ground and backdrop."""
    if estimate is not None and (picture.place.place == BOX or estimate.clearness >= 1):
        return _estimated_box(picture, estimate)
    if picture.place.place == BOX:
        raise InputError(
            "`place` box: the picture shows no straight lines to tell walls by; give its back "
            "wall (`box` X0,Y0,X1,Y1)"
        )
    evidence = _evidence_of(estimate) if estimate is not None else None
    return _stage(picture, evidence)


def _stage(picture: PlacePicture, evidence: dict[str, float] | None) -> ShapedPlace:
    """Ground and backdrop, which stands where the ground ends if the picture shows that nearby."""
    camera, end = picture.camera, None
    if picture.place.place is None and not picture.place.upright:
        with picture.log.stage("ground end"):
            end = find_ground_end(picture.pixels, camera)
    least = _depth_behind_stand(picture.place, camera)
    distance = max(BACKDROP_DISTANCE if end is None else end.distance, least)
    with picture.log.stage("lift"):
        scene = lift_to_stage(picture.colours, camera, distance)
    return ShapedPlace(scene, _report_of_stage(distance, end), evidence, ground_end=end)


def with_backdrop(place: ShapedPlace, distance: float) -> ShapedPlace:
    """Ground and backdrop, with the backdrop at another distance, in heights of the camera."""
    scene = lift_to_stage(place.scene.picture, place.scene.camera, distance)
    return place._replace(scene=scene, report=_report_of_stage(distance, place.ground_end))


def _report_of_stage(distance: float, end: GroundEnd | None) -> dict[str, Any]:
    shape = {"shape": "ground and backdrop"}
    if end is None or distance >= BACKDROP_DISTANCE:
        return shape
    return shape | {
        "backdrop_in_camera_heights": round(distance, 2),
        "ground_ends_in_camera_heights": round(end.distance, 2),
        "clearness": round(end.clearness, 2),
    }


def _depth_behind_stand(place: PlaceInput, camera: PictureCamera) -> float:
    """In heights of the camera: how far the backdrop is at least, for a person to stand there."""
    if place.stand is None:
        return 0.0
    pixel = torch.tensor(place.stand, dtype=torch.float64)
    x, y, z = camera.directions_from_pixels(pixel).tolist()
    slope = y / math.hypot(x, z)
    if slope * FARTHEST_STAND < 1:  # no ground: whoever puts the person says so
        return 0.0
    return BEHIND_STAND / slope


def _estimate(picture: PlacePicture) -> BoxEstimate | None:
    lens, horizon = picture.lens, picture.horizon
    with picture.log.stage("box"):
        estimate = estimate_box(
            picture.pixels, lens.focal, known_focal=lens.is_known, horizon=horizon
        )
        if estimate is None or lens.is_known or estimate.focal <= lens.longest:
            return estimate
        # lines hardly tell a long lens from a longer one, and by it the picture fills no frame;
        # but a room that leaves a part of the frame unseen is better than none
        fitting = estimate_box(picture.pixels, lens.longest, known_focal=True, horizon=horizon)
        is_worse = fitting is None or fitting.clearness < min(1, estimate.clearness)
        return estimate if is_worse else fitting


def _estimated_box(picture: PlacePicture, estimate: BoxEstimate) -> ShapedPlace:
    camera = PictureCamera(estimate.focal, picture.size, estimate.horizon)
    why = "asked for" if picture.place.place == BOX else BY_LINES
    picture.log.notice(
        f"the place is taken as a box: {', '.join(estimate.box.faces)} (`place` ground takes it as "
        "ground and backdrop, `box` tells its back wall)"
    )
    with picture.log.stage("lift"):
        scene = lift_to_box(picture.colours, camera, estimate.box)
    return ShapedPlace(scene, _report_of(estimate.box, why), _evidence_of(estimate))


def _box_by_hand(picture: PlacePicture, numbers: tuple[float, ...]) -> ShapedPlace:
    """Of a back wall x, y, x, y, and its vanishing point where that is given."""
    corners, point = numbers[:4], numbers[4:]
    camera = PictureCamera(picture.lens.focal, picture.size, point[1]) if point else picture.camera
    box = box_from_corners(camera, corners, point[0] if point else picture.size.width / 2)
    with picture.log.stage("lift"):
        return ShapedPlace(lift_to_box(picture.colours, camera, box), _report_of(box, "given"))


def _report_of(box: PlaceBox, why: str) -> dict[str, Any]:
    """Of a box whose unit is the camera's height."""
    pairs = zip(FACES, box.distances, strict=True)
    return {
        "shape": "box",
        "chosen": why,
        "turn_degrees": round(box.turn, 2),
        "distances_in_camera_heights": {
            name: round(distance, 3) for name, distance in pairs if math.isfinite(distance)
        },
    }


def _evidence_of(estimate: BoxEstimate) -> dict[str, float]:
    names = ("clearness", "agreement", "gain", "uprights", "ahead")
    return {name: round(float(getattr(estimate, name)), 3) for name in names}
