"""Soft edges: the guided filter, crops, steadiness, and the person's own colour."""

import cv2
import numpy as np
import pytest

from dynascene.estimators.matte import finishing
from dynascene.estimators.matte.crops import cut_square, lay_square, square_around
from dynascene.estimators.matte.decontamination import decontaminate
from dynascene.estimators.matte.finishing import (
    COARSE,
    _edge_line_of,
    full_resolution,
    keep_subject,
    steady,
)
from dynascene.estimators.matte.guided_filter import (
    LEAST_VARIANCE,
    GuidedFilter,
    apply_coefficients,
)
from dynascene.generation.compositing import composite

RED, GREEN, BLUE = (np.array(c, np.uint8) for c in ((200, 60, 40), (20, 170, 60), (40, 70, 190)))


def slow_guided(picture: np.ndarray, values: np.ndarray, radius: int, ridge: float) -> np.ndarray:
    """Window by window, by NumPy's least squares; valid two radii from the border."""
    height, width = values.shape
    colours = picture / 255.0
    fits = np.zeros((height, width, 4))
    for y in range(radius, height - radius):
        for x in range(radius, width - radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            guide, p = colours[window].reshape(-1, 3), values[window].ravel()
            centred = guide - guide.mean(axis=0)
            covariance = centred.T @ centred / len(p) + ridge * np.eye(3)
            slope = np.linalg.solve(covariance, centred.T @ (p - p.mean()) / len(p))
            fits[y, x] = *slope, p.mean() - slope @ guide.mean(axis=0)
    result = np.zeros_like(values)
    for y in range(2 * radius, height - 2 * radius):
        for x in range(2 * radius, width - 2 * radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            mean = fits[window].reshape(-1, 4).mean(axis=0)
            result[y, x] = mean[:3] @ colours[y, x] + mean[3]
    return result


def test_guided_filter_against_its_definition() -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (17, 19, 3)).astype(np.uint8)
    values = random.random((17, 19))
    expected = slow_guided(picture, values, 3, 0.01)[6:-6, 6:-6]
    found = GuidedFilter(picture, 3, 0.01).filter(values)[6:-6, 6:-6]
    np.testing.assert_allclose(found, expected, atol=2e-4)


def slow_shares(picture: np.ndarray, values: np.ndarray, radius: int, ridge: float) -> np.ndarray:
    """R² of each window's fit by its definition; valid a radius from the border."""
    height, width = values.shape
    shares = np.zeros((height, width))
    for y in range(radius, height - radius):
        for x in range(radius, width - radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            guide, p = picture[window].reshape(-1, 3) / 255.0, values[window].ravel()
            guide, p = guide - guide.mean(axis=0), p - p.mean()
            covariance = guide.T @ p / len(p)
            slope = np.linalg.solve(guide.T @ guide / len(p) + ridge * np.eye(3), covariance)
            shares[y, x] = slope @ covariance / (p.var() + LEAST_VARIANCE)
    return shares


def test_the_share_that_colours_explain_against_its_definition() -> None:
    random = np.random.default_rng(3)
    picture = random.integers(0, 256, (17, 19, 3)).astype(np.uint8)
    values = 0.5 * picture[..., 0] / 255 + 0.3 * random.random((17, 19))
    counts = np.clip((slow_shares(picture, values, 3, 0.01) - 0.4) / 0.4, 0, 1)
    found = GuidedFilter(picture, 3, 0.01).explained(values, 0.4, 0.8)
    expected = np.array([[counts[y - 3 : y + 4, x - 3 : x + 4].mean() for x in range(6, 13)]
                         for y in range(6, 11)])  # fmt: skip
    np.testing.assert_allclose(found.trust[6:-6, 6:-6], expected, atol=2e-3)
    assert 0.1 < expected.min() < expected.max() <= 1


def test_where_colours_explain_all_or_nothing() -> None:
    random = np.random.default_rng(4)
    picture = random.integers(0, 256, (33, 39, 3)).astype(np.uint8)
    guided = GuidedFilter(picture, 3, 1e-4)
    linear = picture @ np.array([0.5, 0.2, -0.3]) / 255
    coefficients, trust = guided.explained(linear, 0.5, 0.9)
    np.testing.assert_allclose(trust, 1, atol=1e-5)
    np.testing.assert_allclose(apply_coefficients(coefficients, picture), linear, atol=0.01)
    step = np.repeat((np.arange(39) < 20)[None], 33, axis=0).astype(float)
    assert guided.explained(step, 0.5, 0.9).trust.max() < 0.05  # the colours know of no step


def test_full_resolution_puts_the_edge_where_the_frame_has_it() -> None:
    frame = np.where(np.arange(480)[None, :, None] < 203, RED, GREEN).repeat(270, axis=0)
    frame = frame.reshape(270, 480, 3)
    working = np.ascontiguousarray(frame[1::3, 1::3])
    blurred = 1 / (1 + np.exp((np.arange(160) - 67.7) / 1.5))  # soft, and a little off
    opinion = blurred[None].repeat(90, axis=0).astype(np.float32)
    matte = full_resolution(opinion, working, frame)[..., 0]
    assert matte.shape == (270, 480)
    assert (matte[10:-10, :196] > 250).all()
    assert (matte[10:-10, 210:] < 8).all()
    step = matte[:, 198:208].astype(int)
    assert (step[10:-10, 3] - step[10:-10, 6] > 60).all()


def test_what_lies_far_from_the_person_has_no_say_in_their_edge() -> None:
    random = np.random.default_rng(0)
    working = random.integers(0, 256, (90, 160, 3)).astype(np.uint8)
    opinion = np.zeros((90, 160), np.float32)
    opinion[20:40, 20:35] = 1
    frame = working.repeat(2, axis=0).repeat(2, axis=1)
    matte = full_resolution(opinion, working, frame)
    working[:, 70:], frame[:, 140:] = 0, 0
    np.testing.assert_array_equal(full_resolution(opinion, working, frame), matte)
    assert matte.shape == (180, 320, 1)
    assert matte[50:70, 50:60].min() > 200
    assert not matte[:, 100:].any()
    assert not full_resolution(0 * opinion, working, frame).any()


def noisy_disc(radius: float, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A red disc on green, uint8 [side, side, 3], and each pixel's distance from its middle."""
    y, x = np.mgrid[:side, :side]
    distance = np.hypot(y - side // 2, x - side // 2)
    colours = np.where((distance < radius)[..., None], RED, GREEN)
    noise = np.random.default_rng(0).normal(0, 8, colours.shape)
    return np.clip(colours + noise, 0, 255).astype(np.uint8), distance


# Outlines that may be off by 3 pixels, by 4, where the sizes blend, by 5 and by 7.
@pytest.mark.parametrize(
    ("radius", "side", "off", "left"),
    [(85, 363, 3, 0.8), (118, 363, 3, 0.3), (141, 420, 5, 0.3), (197, 600, 7, 0.3)],
)
def test_the_colours_of_a_near_person_mend_an_outline_that_is_off(
    radius: int, side: int, off: int, left: float
) -> None:
    frame, distance = noisy_disc(radius, side)
    for change in (-off, off):
        opinion = (distance < radius + change).astype(np.float32)
        matte = full_resolution(opinion, frame, frame)[..., 0]
        assert abs(np.sqrt((matte > 127).sum() / np.pi) - radius) < left


def test_who_comes_nearer_meets_no_jump_between_the_sizes() -> None:
    frame, distance = noisy_disc(60, 161)
    opinion = np.clip((62 - distance) / 3 + 0.5, 0, 1).astype(np.float32)
    for reach, step in ((COARSE[0], 1e-3), (COARSE[1], -1e-3)):
        (line, certainty), (other, doubt) = (
            [cv2.resize(field, (161, 161)) for field in _edge_line_of(opinion, frame, at)]
            for at in (reach, reach + step)
        )
        np.testing.assert_allclose(certainty, doubt, atol=5e-3)
        np.testing.assert_allclose(
            certainty * apply_coefficients(line, frame),
            doubt * apply_coefficients(other, frame),
            atol=2e-2,
        )


@pytest.mark.parametrize("radius", [141, 171])  # off by 5, by 6
def test_half_the_size_tells_what_the_whole_tells(
    radius: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, distance = noisy_disc(radius, 520)
    opinion = np.clip((radius + 3 - distance) / 3 + 0.5, 0, 1).astype(np.float32)
    coarse = full_resolution(opinion, frame, frame).astype(float)
    monkeypatch.setattr(finishing, "COARSE", (99, 100))
    fine = full_resolution(opinion, frame, frame).astype(float)
    assert (coarse != fine).any()
    edge = np.abs(distance - radius) < 8
    assert np.abs(coarse - fine)[edge].mean() < 2


def test_keep_subject_keeps_large_parts_only() -> None:
    opinion = np.zeros((60, 100), np.float32)
    opinion[10:50, 20:40] = 0.9
    opinion[20:40, 44:50] = 0.8  # an arm behind a tree
    opinion[2:5, 90:93] = 1.0
    kept = keep_subject(opinion)
    np.testing.assert_array_equal(kept[:, :60], opinion[:, :60])
    assert kept[:, 60:].max() == 0
    assert keep_subject(np.full((60, 100), 0.4, np.float32)).max() == 0


def test_a_flash_of_doubt_is_steadied_along_the_motion() -> None:
    random = np.random.default_rng(1)
    place = random.integers(0, 255, (48, 64, 3)).astype(np.uint8)
    place = np.repeat(np.repeat(place[::4, ::4], 4, axis=0), 4, axis=1)
    frames = np.stack([np.roll(place, 2 * f, axis=1) for f in range(5)])
    truth = np.zeros((5, 48, 64), np.float32)
    for f in range(5):
        truth[f, 16:32, 20 + 2 * f : 40 + 2 * f] = 1
    doubtful = truth.copy()
    doubtful[2, 20:28, 28:36] = 0.3
    steadied = np.stack(list(steady(iter(doubtful), frames)))
    assert steadied.shape == truth.shape
    assert np.abs(steadied - truth)[2].mean() < 0.7 * np.abs(doubtful - truth)[2].mean()
    assert steadied[2, 20:28, 28:36].mean() > 0.5


def disc(shape: tuple[int, int], softness: float) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    distance = np.hypot(y - shape[0] / 2, x - shape[1] / 2) - 0.3 * shape[0]
    return np.rint(255 / (1 + np.exp(distance / softness))).astype(np.uint8)[..., None]


@pytest.mark.parametrize("softness", [0.7, 2.0])
def test_decontamination_finds_the_person_under_the_old_background(softness: float) -> None:
    matte = disc((90, 120), softness)
    person, old = np.broadcast_to(RED, (90, 120, 3)), np.broadcast_to(GREEN, (90, 120, 3))
    seen = composite(person, matte, old)
    own = decontaminate(seen, matte)
    edge = ((matte > 40) & (matte < 215))[..., 0]
    before = np.abs(seen[edge].astype(int) - RED).mean()
    after = np.abs(own[edge].astype(int) - RED).mean()
    assert before > 30
    assert after < 6
    new = np.broadcast_to(BLUE, (90, 120, 3))
    ideal, halo = composite(person, matte, new), composite(seen, matte, new)
    clean = composite(own, matte, new)
    assert np.abs(clean.astype(int) - ideal).max() < 0.25 * np.abs(halo.astype(int) - ideal).max()


def test_decontamination_keeps_solid_pixels_and_empty_frames() -> None:
    random = np.random.default_rng(2)
    frame = random.integers(0, 256, (33, 47, 3)).astype(np.uint8)
    matte = disc((33, 47), 1.0)
    own = decontaminate(frame, matte)
    solid = matte[..., 0] == 255
    assert solid.any()
    np.testing.assert_array_equal(own[solid], frame[solid])
    np.testing.assert_array_equal(decontaminate(frame, 0 * matte), frame)
    np.testing.assert_array_equal(decontaminate(frame, matte[..., 0]), own)


def test_a_square_goes_out_and_back() -> None:
    y, x = np.mgrid[:60, :90]
    frame = np.dstack([2 * x, 3 * y, x + y]).astype(np.uint8)
    square = square_around(np.array([30.0, 10.0, 50.0, 50.0]), margin=0.1)
    assert square == pytest.approx([16, 6, 48])
    crop = cut_square(frame, square, 96)
    assert crop.shape == (96, 96, 3)
    back = lay_square(crop[..., 0].astype(np.float32), square, (60, 90))
    inner = np.s_[8:52, 18:62]
    np.testing.assert_allclose(back[inner], frame[inner][..., 0], atol=1.5)
    assert back[:, :14].max() == 0


def test_a_square_beyond_the_frame_repeats_its_edge() -> None:
    frame = np.full((20, 30, 3), 77, np.uint8)
    crop = cut_square(frame, np.array([-20.0, -30.0, 80.0]), 32)
    assert (crop == 77).all()
