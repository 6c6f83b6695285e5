"""A clip and a camera that was not there."""

import math

import pytest
from filmed_walkers import RATE, SIZE, TALL, camera, horizon, walker

from dynascene.estimators.scale.conflict import Conflict, find_conflict
from dynascene.estimators.scale.person_scale import PersonScale, person_scale
from dynascene.geometry.tracks import scale_track


def scale_of(path: str, travel: str) -> PersonScale:
    return person_scale(walker(path, travel), camera(travel), horizon=horizon(), person_height=TALL)


def conflict(path: str, filmed: str, other: str, unit: float = 1.0) -> Conflict:
    track = scale_track(camera(other), 1 / unit)
    return find_conflict(scale_of(path, filmed), track, 1.5 / unit, SIZE, RATE)


@pytest.mark.parametrize(
    ("path", "travel"), [("sideways", "still"), ("sideways", "truck"), ("nearer", "truck")]
)
def test_the_camera_that_filmed_it_agrees(path: str, travel: str) -> None:
    found = conflict(path, travel, travel)
    assert found.slide < 0.2
    assert found.message == ""


@pytest.mark.parametrize(
    ("path", "filmed", "other"),
    [("sideways", "still", "truck"), ("nearer", "truck", "still"), ("nearer", "still", "pan")],
)
def test_another_camera_makes_the_feet_slide(path: str, filmed: str, other: str) -> None:
    found = conflict(path, filmed, other)
    assert found.slide > 0.35
    assert "slide" in found.message
    assert "\n" not in found.message


def test_zooms_that_contradict_each_other_are_named() -> None:
    found = conflict("nearer", "still", "dolly-out")
    assert "grows while the camera moves away" in found.message


def test_the_unit_of_the_other_track_does_not_matter() -> None:
    metres = conflict("sideways", "still", "truck")
    units = conflict("sideways", "still", "truck", unit=33.0)
    assert units.slide == pytest.approx(metres.slide)


def test_without_feet_nothing_is_claimed() -> None:
    black = walker("away")
    none = person_scale(
        type(black)([frame * 0 for frame in black.frames], black.frame_rate), camera()
    )
    found = find_conflict(none, camera("truck"), 1.5, SIZE, RATE)
    assert math.isnan(found.slide)
    assert found.message == ""
