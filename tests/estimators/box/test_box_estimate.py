"""Boxes recovered from drawn rooms and streets, and pictures that show none."""

import math

import numpy as np
import pytest
from drawn_boxes import SIZE, drawn_place

from dynascene.estimators.box.estimate import BoxEstimate, estimate_box
from dynascene.geometry.box import FACES, PlaceBox

OPEN = math.inf
ROOM = PlaceBox(1.0, 0.9, 1.7, 1.9, 4.4, -6.0, radius=5.0)
CORNER = PlaceBox(1.0, 0.8, 2.0, OPEN, 4.5, 20.0, radius=5.2)
STREET = PlaceBox(1.0, OPEN, 2.1, 1.8, 11.0, 4.0, radius=12.0)
WALL = PlaceBox(1.0, OPEN, 2.3, OPEN, 4.4, 7.0, radius=5.2)
PLACES = {
    "room": (ROOM, 300.0, 3.0),
    "corner": (CORNER, 440.0, -4.0),
    "street": (STREET, 330.0, 1.0),
    "wall": (WALL, 392.0, -6.0),
}


def estimated(name: str, *, known_focal: bool) -> tuple[BoxEstimate, PlaceBox, float, float]:
    """Of a drawn place: the estimate and the true box, focal length and horizon."""
    box, focal, pitch = PLACES[name]
    picture, camera = drawn_place(box, focal, pitch)
    assumed = focal if known_focal else 0.8 * SIZE.width
    estimate = estimate_box(picture, assumed, known_focal=known_focal)
    assert estimate is not None
    return estimate, box, focal, camera.horizon


@pytest.mark.parametrize("name", list(PLACES))
def test_the_planes_of_a_drawn_place_are_recovered(name: str):
    estimate, box, focal, horizon = estimated(name, known_focal=True)
    assert estimate.focal == pytest.approx(focal)
    assert estimate.horizon == pytest.approx(horizon, abs=1.0)
    assert estimate.box.turn == pytest.approx(box.turn, abs=0.4)
    for face, distance in zip(FACES, box.distances, strict=True):
        if math.isfinite(distance):
            recovered = estimate.box.distances[FACES.index(face)]
            assert recovered == pytest.approx(distance, rel=0.06), face
    assert estimate.clearness > 1.5


@pytest.mark.parametrize("name", ["room", "corner"])
def test_an_unknown_focal_length_is_recovered_with_the_attitude(name: str):
    estimate, box, focal, horizon = estimated(name, known_focal=False)
    assert estimate.focal == pytest.approx(focal, rel=0.05)
    assert estimate.horizon == pytest.approx(horizon, abs=3.0)
    assert estimate.box.turn == pytest.approx(box.turn, abs=1.0)


def test_a_known_horizon_is_kept():
    box, focal, pitch = PLACES["room"]
    picture, camera = drawn_place(box, focal, pitch)
    row = camera.horizon + 6
    estimate = estimate_box(picture, focal, known_focal=False, horizon=row)
    assert estimate is not None
    assert estimate.horizon == pytest.approx(row, abs=0.01)
    assert estimate.focal == pytest.approx(focal)


def test_the_street_is_open_above():
    estimate, _, _, _ = estimated("street", known_focal=True)
    assert estimate.box.faces == ("floor", "left wall", "right wall", "back wall")


def landscape(seed: int) -> np.ndarray:
    """A sky, ridges and a meadow without a single upright."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: SIZE.height, : SIZE.width]
    picture = 200 - 0.2 * rows
    for level, shade in ((130, 150), (170, 110), (200, 80)):
        waves = sum(
            random.normal(0, 14 / k) * np.sin(k * columns / 90 + random.uniform(0, 6))
            for k in (1, 2, 3, 5)
        )
        picture = np.where(rows > level + waves, shade, picture)
    grass = random.normal(0, 18, picture.shape) * (rows > 200)
    grey = (picture + grass).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_landscape_shows_no_clear_box(seed: int):
    estimate = estimate_box(landscape(seed), 380.0, known_focal=False)
    assert estimate is None or estimate.clearness < 0.8


def test_a_blank_picture_has_no_box():
    assert estimate_box(np.full((90, 120, 3), 128, np.uint8), 100.0, known_focal=True) is None
