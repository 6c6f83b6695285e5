"""The horizon of pictures whose horizon is known."""

import csv
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from dynascene.errors import InputError
from dynascene.estimators.horizon import (
    PRIOR_PITCH,
    candidate_pitches,
    estimate_horizon,
    median,
    probability,
)
from dynascene.estimators.horizon_cues import find_segments, line_cues

ROOT = Path(__file__).resolve().parents[2]
PANORAMAS = next(
    (p for p in (ROOT / "shared/training", ROOT.parent / "shared/training") if p.is_dir()), None
)


def prior_row(height: int, focal: float) -> float:
    return height / 2 + focal * math.tan(math.radians(PRIOR_PITCH))


def room(width: int, height: int, focal: float, yaw: float, pitch: float) -> np.ndarray:
    """Inside a tiled box, 6 × 3 × 20, seen from 1.6 above its floor: a slow ray caster."""
    x, v = np.meshgrid(*(np.arange(n) + 0.5 - n / 2 for n in (width, height)))
    a, p = math.radians(yaw), math.radians(pitch)
    y, z = math.cos(p) * v - math.sin(p) * focal, math.sin(p) * v + math.cos(p) * focal
    ray = np.stack([math.cos(a) * x + math.sin(a) * z, y, math.cos(a) * z - math.sin(a) * x], -1)
    low, high = np.array([-3.0, -1.4, -4.0]), np.array([3.0, 1.6, 16.0])
    ray = np.where(np.abs(ray) < 1e-9, 1e-9, ray)
    exits = np.where(ray > 0, high, low) / ray
    wall = exits.argmin(-1)
    point = ray * exits.min(-1)[..., None]
    tile = np.floor(point / 0.75 + 0.01)
    tile[np.arange(3) == wall[..., None]] = 0  # the coordinate across the wall is constant
    tone = 90 + 60 * (tile.sum(-1) % 2) + 30 * wall
    return np.repeat(tone[..., None], 3, axis=-1).astype(np.uint8)


@pytest.mark.parametrize("pitch", [-15.0, -6.0, 0.0, 9.0])
@pytest.mark.parametrize("yaw", [0.0, 25.0])
def test_lines_of_a_room_give_its_horizon(yaw: float, pitch: float) -> None:
    width, height, focal = 640, 427, 554.0
    horizon = estimate_horizon(room(width, height, focal, yaw, pitch), focal)
    truth = height / 2 + focal * math.tan(math.radians(pitch))
    assert abs(horizon.row - truth) < 0.03 * height
    assert horizon.confidence > 0.5
    assert horizon.method != "prior"


def test_a_corridor_drawn_with_lines_ends_at_its_vanishing_point() -> None:
    width, height, focal = 600, 400, 520.0
    picture = np.full((height, width, 3), 200, np.uint8)
    end = (300, 128)
    for x in range(-300, 1000, 100):
        cv2.line(picture, (x, height + 60), end, (40, 40, 40), 2, cv2.LINE_AA)
    for y in (0, 40):
        cv2.line(picture, (0, y), end, (40, 40, 40), 2, cv2.LINE_AA)
        cv2.line(picture, (width, y), end, (40, 40, 40), 2, cv2.LINE_AA)
    assert abs(estimate_horizon(picture, focal).row - end[1]) < 0.03 * height


@pytest.mark.parametrize("share", [0.3, 0.42, 0.6])
@pytest.mark.parametrize("grey", [False, True])
def test_sea_under_a_sky(share: float, grey: bool) -> None:
    width, height = 720, 480
    row = round(share * height)
    sky = np.linspace((120, 160, 230), (190, 210, 240), row)
    sea = np.linspace((60, 90, 120), (20, 50, 80), height - row)
    picture = np.repeat(np.concatenate([sky, sea])[:, None], width, axis=1)
    picture = picture + np.random.default_rng(0).normal(0, 2, picture.shape)
    picture = picture.clip(0, 255).astype(np.uint8)
    if grey:
        picture = np.repeat(picture.mean(-1, keepdims=True), 3, axis=-1).astype(np.uint8)
    horizon = estimate_horizon(picture, focal=624.0)
    assert abs(horizon.row - row) < 0.02 * height
    assert horizon.method in ("tonal boundary", "vanishing points")
    assert horizon.confidence > 0.5


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_a_blank_picture_gives_the_prior_without_confidence(tone: int) -> None:
    horizon = estimate_horizon(np.full((300, 500, 3), tone, np.uint8), focal=450.0)
    assert horizon.row == pytest.approx(prior_row(300, 450), abs=1.0)
    assert horizon.confidence < 0.05
    assert horizon.method == "prior"


def test_noise_is_not_taken_for_a_horizon() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (333, 500, 3), dtype=np.uint8)
    horizon = estimate_horizon(noise, focal=450.0)
    assert abs(horizon.row - prior_row(333, 450)) < 0.08 * 333
    assert horizon.confidence < 0.4


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 3), (3, 3), (9, 900), (701, 33)])
def test_tiny_and_odd_sizes(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8)
    horizon = estimate_horizon(picture, focal=max(shape) * 0.9)
    assert math.isfinite(horizon.row)
    assert 0 <= horizon.confidence <= 1


def test_the_size_of_the_picture_does_not_matter() -> None:
    small = room(600, 400, 520.0, 20.0, -8.0)
    large = cv2.resize(small, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    share = estimate_horizon(small, 520.0).row / 400
    assert estimate_horizon(large, 1300.0).row / 1000 == pytest.approx(share, abs=0.015)


def test_mirroring_left_and_right_does_not_matter() -> None:
    picture = room(600, 400, 520.0, 20.0, -8.0)
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    row = estimate_horizon(picture, 520.0).row
    assert estimate_horizon(mirrored, 520.0).row == pytest.approx(row, abs=4.0)


@pytest.mark.parametrize("focal", [200.0, 600.0, 9000.0])
def test_candidates_stay_near_the_picture(focal: float) -> None:
    pitches = candidate_pitches(400, focal)
    rows = 200 + focal * np.tan(np.radians(pitches))
    assert np.all(np.diff(pitches) > 0)
    assert rows.min() > -2.5 * 400
    assert rows.max() < 3.5 * 400


def test_uprights_peak_at_their_pitch() -> None:
    """Lines that meet below the picture: three uprights seen by a camera that looks down."""
    focal, pitch = 500.0, -12.0
    grey = np.full((400, 600), 220, np.uint8)
    nadir = (300, 200 + focal / math.tan(math.radians(-pitch)))
    for x in (40, 180, 430, 560):
        top = np.array([x, 0.0])
        foot = top + (np.array(nadir) - top) * (380 / nadir[1])
        ends = [tuple(np.round(16 * p).astype(int).tolist()) for p in (top, foot)]
        cv2.line(grey, *ends, 30, 3, cv2.LINE_AA, shift=4)
    pitches = np.arange(-30, 30.1, 0.5)
    uprights, _, _ = line_cues(find_segments(grey, focal), pitches)
    assert pitches[uprights.argmax()] == pytest.approx(pitch, abs=0.6)


def test_median_of_the_prior_is_its_middle() -> None:
    pitches = candidate_pitches(400, 500.0)
    assert median(pitches, probability(np.zeros((1, len(pitches))))) == pytest.approx(PRIOR_PITCH)


@pytest.mark.parametrize(
    ("picture", "focal"),
    [
        (np.zeros((20, 30), np.uint8), 20.0),
        (np.zeros((20, 30, 4), np.uint8), 20.0),
        (np.zeros((20, 30, 3), np.float32), 20.0),
        (np.zeros((0, 30, 3), np.uint8), 20.0),
        (np.zeros((20, 30, 3), np.uint8), 0.0),
        (np.zeros((20, 30, 3), np.uint8), math.nan),
    ],
)
def test_bad_input_is_refused_in_one_line(picture: np.ndarray, focal: float) -> None:
    with pytest.raises(InputError, match=r"^horizon: .*$"):
        estimate_horizon(picture, focal)


@pytest.mark.skipif(PANORAMAS is None, reason="no panoramas in shared/training")
def test_views_of_unseen_places_beat_the_constant() -> None:
    assert PANORAMAS is not None
    with (PANORAMAS / "MANIFEST.tsv").open(newline="") as manifest:
        rows = [r for r in csv.DictReader(manifest, delimiter="\t") if r["category"] == "panorama"]
    names = [r["path"] for r in rows if r["split"] == "test"]
    ours, constant = [], []
    for name, pitch in zip(names, [-18, -9, 5, 12, -14, 8, -4], strict=False):
        panorama = np.asarray(Image.open(PANORAMAS / name).convert("RGB").resize((2048, 1024)))
        view, focal = perspective(panorama, pitch)
        share = 0.5 + focal * math.tan(math.radians(pitch)) / len(view)
        ours.append(abs(estimate_horizon(view, focal).row / len(view) - share))
        constant.append(abs(prior_row(len(view), focal) / len(view) - share))
    assert np.mean(ours) < 0.5 * np.mean(constant)


def perspective(panorama: np.ndarray, pitch: float) -> tuple[np.ndarray, float]:
    width, height, focal = 480, 320, 400.0
    x, v = np.meshgrid(*(np.arange(n) + 0.5 - n / 2 for n in (width, height)))
    p = math.radians(pitch)
    y, z = math.cos(p) * v - math.sin(p) * focal, math.sin(p) * v + math.cos(p) * focal
    rows, columns = panorama.shape[:2]
    u = (np.arctan2(x, z) / (2 * math.pi) + 0.5) * columns - 0.5
    w = (np.arctan2(y, np.hypot(x, z)) / math.pi + 0.5) * rows - 0.5
    return cv2.remap(panorama, u.astype(np.float32), w.astype(np.float32), cv2.INTER_LINEAR), focal
