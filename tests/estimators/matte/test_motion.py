"""Motion that the camera does not explain, on clips whose motion is known."""

import cv2
import numpy as np
import pytest
from textures import textured

from dynascene.estimators.frame_spool import in_memory
from dynascene.estimators.matte.camera_motion import (
    apply_homography,
    chain_homographies,
    other_from_this,
    pixel_grid,
)
from dynascene.estimators.matte.evidence import gather_evidence, moving_share
from dynascene.estimators.matte.motion import MotionMatter
from dynascene.estimators.matte.plate import PlateMaker, smooth_flow
from dynascene.estimators.matte.regions import subject_regions
from dynascene.estimators.matte.unrest import enclosed, unrest

FRAMES, H, W = 24, 72, 120


def panned_clip(speed: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """A camera that pans over a wall, and somebody who walks before it: frames and mattes."""
    wall, clothes = textured((H, W + 80), 0, (90, 130, 80)), textured((60, 24), 1, (190, 90, 70))
    frames, mattes = np.zeros((FRAMES, H, W, 3), np.uint8), np.zeros((FRAMES, H, W), bool)
    for f in range(FRAMES):
        shift = np.array([[1, 0, -speed * f], [0, 1, 0]])
        frames[f] = cv2.warpAffine(wall, shift, (W, H), flags=cv2.INTER_LINEAR)
        left, top = 30 + round(1.6 * f), 20 + f % 3
        frames[f, top : top + 40, left : left + 16] = clothes[:40, :16]
        mattes[f, top : top + 40, left : left + 16] = True
    return frames, mattes


@pytest.fixture(scope="module")
def clip() -> tuple[np.ndarray, np.ndarray]:
    return panned_clip()


def greys_of(frames: np.ndarray) -> np.ndarray:
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])


def test_the_chain_finds_the_pan_despite_the_walker(clip: tuple[np.ndarray, np.ndarray]) -> None:
    chain = chain_homographies(greys_of(clip[0]))
    last_from_fifth = other_from_this(chain, 5, FRAMES - 1)
    moved = apply_homography(last_from_fifth, pixel_grid(H, W)) - pixel_grid(H, W)
    assert np.median(moved[..., 0]) == pytest.approx(
        -2.0 * (FRAMES - 6), rel=0.08
    )  # plates take out the rest
    assert np.abs(moved[..., 1]).mean() < 2.0


def test_smooth_flow_ignores_what_moves_otherwise() -> None:
    y, x = np.mgrid[:80, :120]
    truth = np.dstack([0.02 * x - 1, 0.5 - 0.01 * y]).astype(np.float32)
    flow = truth.copy()
    flow[30:60, 50:66] += [6, -4]
    found = smooth_flow(flow, np.ones((80, 120), np.float32), sigma=20)
    assert np.abs(found - truth).mean() < 0.15
    hidden = np.ones((80, 120), np.float32)
    hidden[28:62, 48:68] = 0
    found = smooth_flow(flow, hidden, sigma=8)
    assert np.abs(found - truth)[28:62, 48:68].mean() < 0.15


def test_the_plate_shows_the_wall_behind_the_walker(clip: tuple[np.ndarray, np.ndarray]) -> None:
    frames, mattes = clip
    without = mattes.astype(np.uint8) * 255
    plates = PlateMaker(frames, greys_of(frames), chain_homographies(greys_of(frames)), without)
    index = FRAMES // 2
    plate = plates(index)
    wall = textured((H, W + 80), 0, (90, 130, 80))[:, 2 * index : 2 * index + W]
    known = plate.count >= 3
    assert known[mattes[index]].mean() > 0.5
    off = np.abs(plate.colour - wall).max(axis=-1)
    assert np.median(off[known & mattes[index]]) < 12
    assert np.median(off[known & ~mattes[index]]) < 6


def test_the_region_follows_the_walker(clip: tuple[np.ndarray, np.ndarray]) -> None:
    frames, mattes = clip
    greys = greys_of(frames)
    evidence = gather_evidence(frames, PlateMaker(frames, greys, chain_homographies(greys)))
    regions = in_memory(subject_regions(moving_share(evidence))) > 0
    assert regions[mattes].mean() > 0.9
    assert regions.mean() < 0.5


def test_the_start_chooses_between_two_who_move() -> None:
    evidence = np.zeros((9, 80, 160), np.float32)
    evidence[:, 20:60, 20:40] = 1.0
    evidence[:, 30:50, 120:132] = 1.0  # less of it
    assert in_memory(subject_regions(evidence))[:, 40, 30].all()
    chosen = in_memory(subject_regions(evidence, start=(126, 40)))
    assert chosen[:, 40, 126].all()
    assert not chosen[:, 40, 30].any()


def test_the_matte_of_a_walker(clip: tuple[np.ndarray, np.ndarray]) -> None:
    frames, mattes = clip
    found = np.stack(list(MotionMatter()(frames, None)))
    assert found.shape == mattes.shape
    assert found.dtype == np.float32
    assert 0 <= found.min() <= found.max() <= 1
    solid = found > 0.5
    iou = (solid & mattes).sum() / (solid | mattes).sum()
    assert iou > 0.75


def standing_clip() -> tuple[np.ndarray, np.ndarray]:
    """Somebody in plain clothes who bobs in one spot of the picture, before a wall that drifts."""
    wall, clothes = textured((H, W + 80), 0, (90, 130, 80)), textured((H, W), 1, (190, 90, 70))
    clothes = (0.12 * clothes + 0.88 * np.array([180, 90, 70])).astype(np.uint8)
    y, x = np.mgrid[:H, :W]
    frames, mattes = np.zeros((FRAMES, H, W, 3), np.uint8), np.zeros((FRAMES, H, W), bool)
    for f in range(FRAMES):
        frames[f] = cv2.warpAffine(wall, np.array([[1, 0, -0.3 * f], [0, 1, 0]]), (W, H))
        left, top = 60 + np.cos(np.pi * f / 8), 24 + np.sin(np.pi * f / 4)
        head = np.hypot(x - left, y - top) < 12
        mattes[f] = head | ((np.abs(x - left) < 24) & (y > top + 10))
        own = np.array([[1, 0, left - 60], [0, 1, top - 24]])
        moved = cv2.warpAffine(clothes, own, (W, H), borderMode=cv2.BORDER_REFLECT)
        frames[f][mattes[f]] = moved[mattes[f]]
    return frames, mattes


def test_who_hides_their_own_place_is_found_whole() -> None:
    frames, mattes = standing_clip()
    solid = np.stack(list(MotionMatter()(frames, None))) > 0.5
    assert (solid & mattes).sum() / (solid | mattes).sum() > 0.8


def test_boxes_keep_the_matte_to_themselves(clip: tuple[np.ndarray, np.ndarray]) -> None:
    frames, mattes = clip
    boxes = np.array([[30 + round(1.6 * f), 20, 46 + round(1.6 * f), 62] for f in range(FRAMES)])
    found = np.stack(list(MotionMatter()(frames, boxes.astype(float)))) > 0.5
    iou = (found & mattes).sum() / (found | mattes).sum()
    assert iou > 0.75
    assert not found[:, :, 110:].any()


def test_plates_show_the_place_beside_somebody_who_fills_the_picture() -> None:
    frames, _ = standing_clip()
    greys = greys_of(frames)
    somebody = np.zeros(greys.shape, np.uint8)
    somebody[:, :, : round(0.8 * W)] = 255
    plate = PlateMaker(frames, greys, chain_homographies(greys), somebody)(FRAMES // 2)
    beside = np.s_[4:-4, round(0.8 * W) + 8 : -8]
    assert plate.count[beside].min() > 3
    assert np.abs(plate.colour - frames[FRAMES // 2]).max(axis=-1)[beside].mean() < 12


def test_who_stays_in_one_spot_is_restless() -> None:
    wall, clothes = textured((H, W + 80), 0, (90, 130, 80)), textured((60, 60), 1, (190, 90, 70))
    frames = np.zeros((FRAMES, H, W, 3), np.uint8)
    for f in range(FRAMES):
        shift = np.array([[1, 0, -0.2 * f], [0, 1, 0]])
        frames[f] = cv2.warpAffine(wall, shift, (W, H), flags=cv2.INTER_LINEAR)
        x, y = 6 + round(5 * np.cos(f)), 6 + round(5 * np.sin(f))
        frames[f, 16:60, 40:80] = clothes[y : y + 44, x : x + 40]
    greys = greys_of(frames)
    evidence = gather_evidence(frames, PlateMaker(frames, greys, chain_homographies(greys)))
    logits = np.full(greys.shape, -1.0)
    logits[:, 16:60, [40, 79]] = logits[:, 16, 40:80] = 1.0  # only the outline is known so far
    shown = unrest(evidence.spread, logits, 0.25)[FRAMES // 2].astype(float)
    assert shown[20:56, 44:76].mean() > 0.6
    assert shown[8:-8, 92:-8].mean() < 0.2
    unenclosed = in_memory(unrest(evidence.spread, 0 * logits, 0.25))
    assert unenclosed.max() == 0.25


def test_enclosed_is_what_the_mask_holds_on_both_sides_and_above() -> None:
    person = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 0]], bool)
    inside = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [1, 0, 0, 0, 0]], bool)
    np.testing.assert_array_equal(enclosed(person), inside)
