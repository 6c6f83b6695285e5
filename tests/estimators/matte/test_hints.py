"""Clicks mend a matte: in space up to the edge of a colour, in time along the motion."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.matte.hints import Hint, click_logits, clicked_region, with_hints
from dynascene.estimators.matte.options import MatteOptions
from dynascene.interfaces.cli.arguments import parse_hint
from dynascene.types import ArrayFrames

FRAMES, H, W = 30, 72, 120


def mended_stack(opinions: np.ndarray, frames: np.ndarray, hints: list[Hint]) -> np.ndarray:
    return np.stack(list(with_hints(opinions, frames, hints)))


def noise(seed: int, height: int, width: int, tones: tuple[int, int, int]) -> np.ndarray:
    coarse = cv2.GaussianBlur(
        np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32), (0, 0), 1.5
    )
    return np.clip(np.array(tones) + 9 * coarse / coarse.std(), 0, 255).astype(np.uint8)


def hat(frame: int) -> tuple[slice, slice]:
    return slice(10, 20), slice(18 + 2 * frame, 38 + 2 * frame)


def body(frame: int) -> tuple[slice, slice]:
    return slice(20, 64), slice(20 + 2 * frame, 36 + 2 * frame)


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    """A red figure with a blue hat walks before a green wall: uint8 [F, H, W, 3]."""
    wall, red = noise(0, H, W, (90, 140, 80)), noise(1, 44, 16, (200, 70, 60))
    blue = noise(2, 10, 20, (50, 70, 170))
    frames = np.tile(wall, (FRAMES, 1, 1, 1))
    for index, frame in enumerate(frames):
        frame[body(index)], frame[hat(index)] = red, blue
    return frames


@pytest.fixture(scope="module")
def without_hat() -> np.ndarray:
    """The opinion of a backend that misses the hat: float32 [F, H, W]."""
    opinion = np.full((FRAMES, H, W), 0.02, np.float32)
    for index, one in enumerate(opinion):
        one[body(index)] = 0.97
    return opinion


def test_the_region_of_a_click_ends_at_the_edge_of_its_colour(clip: np.ndarray) -> None:
    region = clicked_region(clip[4], Hint(4, 34.5, 15.5)).mask > 0.5
    true = np.zeros((H, W), bool)
    true[hat(4)] = True
    assert (region & true).sum() / (region | true).sum() > 0.75


def test_a_hat_that_was_missed_comes_back_in_the_frames_around(
    clip: np.ndarray, without_hat: np.ndarray
) -> None:
    mended = mended_stack(without_hat, clip, [Hint(12, 52.0, 15.0)])
    for index in (0, 6, 12, 20, 29):
        inner = hat(index)[0], slice(hat(index)[1].start + 2, hat(index)[1].stop - 2)
        assert (mended[index][inner] > 0.5).mean() > 0.85, index
        rest = mended[index].copy()
        rest[8:22, hat(index)[1].start - 2 : hat(index)[1].stop + 2] = 0
        rest[body(index)] = 0
        assert (rest > 0.5).mean() < 0.002, index
    assert mended[12][hat(12)].mean() >= mended[29][hat(29)].mean()


def test_a_click_outside_takes_away_what_came_along(
    clip: np.ndarray, without_hat: np.ndarray
) -> None:
    too_much = without_hat.copy()
    for index, one in enumerate(too_much):
        one[hat(index)] = 0.97
    mended = mended_stack(too_much, clip, [Hint(10, 48.0, 15.0, is_person=False)])
    for index in (4, 10, 22):
        assert mended[index][hat(index)].mean() < 0.25
        assert mended[index][24:64, body(index)[1]].mean() > 0.9


def test_no_click_changes_nothing(clip: np.ndarray, without_hat: np.ndarray) -> None:
    np.testing.assert_array_equal(mended_stack(without_hat, clip, []), without_hat)


def test_a_click_on_what_fills_the_picture_counts_close_by_alone() -> None:
    snow = np.full((20, H, W, 3), 235, np.uint8)
    mended = mended_stack(np.full(snow.shape[:3], 0.02, np.float32), snow, [Hint(5, 60.0, 30.0)])
    assert mended[5, 30, 60] > 0.9
    assert ((mended > 0.5).mean(axis=(1, 2)) < 0.03).all()


def test_it_fades_out(without_hat: np.ndarray) -> None:
    still = np.tile(noise(0, 36, 60, (90, 140, 80)), (200, 1, 1, 1))
    still[:, 10:20, 20:40] = (50, 70, 170)
    mended = mended_stack(np.full(still.shape[:3], 0.02, np.float32), still, [Hint(0, 30.0, 15.0)])
    strength = mended[:, 15, 30]
    assert (np.diff(strength) < 1e-6).all()
    assert strength[0] > 0.99
    assert strength[-1] == pytest.approx(0.02)


def test_opinions_are_mended_one_by_one_and_frames_out_of_reach_take_no_memory() -> None:
    still = np.tile(noise(0, 36, 60, (90, 140, 80)), (200, 1, 1, 1))
    still[:, 10:20, 20:40] = (50, 70, 170)
    asked = []

    def opinions():
        for index in range(len(still)):
            asked.append(index)
            yield np.full(still.shape[1:3], 0.02, np.float32)

    hints = [Hint(0, 30.0, 15.0)]
    mended = with_hints(opinions(), still, hints)
    for index in range(3):
        assert next(mended)[15, 30] > 0.9
        assert asked == list(range(index + 1))
    touched = click_logits(still, hints)
    assert set(touched) == set(range(len(touched)))
    assert len(touched) < 110


def test_hints_are_read_and_refused() -> None:
    assert parse_hint("12:310,220.5") == Hint(12, 310, 220.5, True)
    assert parse_hint("0:3,4,out") == Hint(0, 3, 4, False)
    for text in ("", "12", "12:3", "a:3,4", "1:2,3,in", "-1:2,3"):
        with pytest.raises(InputError, match="FRAME:X,Y"):
            parse_hint(text)
    clip = ArrayFrames([np.zeros((H, W, 3), np.uint8)] * 3)
    for hint, message in ((Hint(3, 1, 1), "frames 0 to 2"), (Hint(0, 500, 1), "lies outside")):
        with pytest.raises(InputError, match=message):
            MatteOptions(hints=(hint,)).check(Path("clip.mp4"), clip)
