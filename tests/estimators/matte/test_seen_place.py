"""What other frames show of the place mends an opinion, where nobody stands in it there."""

import cv2
import numpy as np
import pytest

from dynascene.estimators.matte.finishing import full_resolution
from dynascene.estimators.matte.seen_place import (
    REACH,
    STEP,
    PlaceOpinion,
    _Place,
    with_seen_place,
)

HEIGHT, WIDTH, FRAMES = 93, 165, 27
SPECK = np.s_[60:72, 100:112]  # of the place, beside the person


def wide_place() -> np.ndarray:
    noise = np.random.default_rng(0).random((HEIGHT + 60, WIDTH + 120, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


PLACE = wide_place()


def clip(pan: float = 0.0, tilt: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Frames in which a red person walks to the right, and the truth of who is where.

    pan, tilt: pixels by which the camera moves from frame to frame.
    """
    frames, truth = [], np.zeros((FRAMES, HEIGHT, WIDTH), np.float32)
    for index in range(FRAMES):
        shift = np.array([[1, 0, -20 - pan * index], [0, 1, -20 - tilt * index]], float)
        frame = cv2.warpAffine(PLACE, shift, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        truth[index, 15:75, 20 + 2 * index : 45 + 2 * index] = 1
        frame[truth[index] > 0] = (230, 20, 10)
        frames.append(frame)
    return np.stack(frames), truth


def mended(opinions: np.ndarray, frames: np.ndarray) -> list[PlaceOpinion]:
    return list(with_seen_place(iter(opinions), frames))


@pytest.mark.parametrize(("pan", "tilt"), [(0, 0), (1.3, 0.7), (-0.6, 0.3)])
def test_a_piece_of_place_goes_and_the_person_stays(pan: float, tilt: float) -> None:
    frames, opinions = clip(pan, tilt)
    opinions *= 0.8
    opinions[0][SPECK] = 0.45
    first = mended(opinions, frames)[0]
    assert first.person[SPECK].max() < 0.15
    assert first.place[SPECK].min() > 0.7
    np.testing.assert_allclose(first.person[20:70, 25:40], 0.8)
    assert first.place[20:70, 25:40].max() < 0.01


def test_every_frame_has_its_opinion_in_order() -> None:
    frames, truth = clip(0.4)
    results = mended(truth, frames)
    assert len(results) == FRAMES > REACH
    for result, opinion in zip(results, truth, strict=True):
        np.testing.assert_array_equal(result.person, opinion)


def test_opinions_are_read_no_further_ahead_than_needed() -> None:
    frames, truth = clip()
    taken = []

    def opinions():
        for index, opinion in enumerate(truth):
            taken.append(index)
            yield opinion

    results = with_seen_place(opinions(), frames)
    next(results)
    assert taken[-1] == REACH
    next(results)
    assert taken[-1] == REACH + 1


def test_a_sure_opinion_stays_though_it_looks_like_the_place() -> None:
    frames, opinions = clip()
    opinions[0][SPECK] = 0.95
    first = mended(opinions, frames)[0]
    np.testing.assert_array_equal(first.person, opinions[0])
    assert first.place[SPECK].min() > 0.7


def test_an_arm_that_single_frames_miss_stays_in_the_others() -> None:
    frames, opinions = clip()
    frames[:], opinions[:] = frames[0], 0.97 * opinions[0]
    arm = np.s_[30:42, 45:70]
    frames[:, 30:42, 45:70] = (230, 180, 150)
    opinions[:, 30:42, 45:70] = 0.75
    opinions[11:14, 30:42, 45:70] = 0
    for index, result in enumerate(mended(opinions, frames)):
        if index not in (11, 12, 13):
            assert result.person[arm].min() > 0.7, index


def test_seven_frames_are_the_fewest_that_tell_something() -> None:
    frames, opinions = clip()
    opinions[0][SPECK] = 0.45
    assert mended(opinions[: STEP + 1], frames[: STEP + 1])[0].person[SPECK].max() < 0.15


def test_opinions_of_half_precision_are_mended_in_float32() -> None:
    frames, opinions = clip()
    opinions[0][SPECK] = 0.5
    full, half = mended(opinions, frames), mended(opinions.astype(np.float16), frames)
    assert half[0].person.dtype == np.float32
    np.testing.assert_allclose(half[0].person, full[0].person, atol=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 33), (33, 1), (3, 3), (12, 12)])
def test_tiny_frames_tell_nothing_and_do_not_fail(size: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    frames = random.integers(0, 256, (STEP + 3, *size, 3)).astype(np.uint8)
    opinions = np.full((STEP + 3, *size), 0.6, np.float32)
    for result in mended(opinions, frames):
        np.testing.assert_array_equal(result.person, opinions[0])


def test_memory_does_not_grow_with_the_clip() -> None:
    frames, opinions = clip()
    longer = [*range(FRAMES), *range(FRAMES)[::-1]] * 2
    place = _Place(frames[longer])
    for opinion in opinions[longer]:
        place.add(opinion)
    for index in range(len(longer)):
        place.seen(index, opinions[longer][index])
    assert min(place._stands) >= len(longer) - 1 - REACH
    assert min(place._steps) >= len(longer) - 1 - REACH


def test_what_the_person_always_hides_is_no_place() -> None:
    frames, opinions = clip()
    opinions[:] = 0
    opinions[:, 15:75, 60:95] = 0.6  # somebody who stands still and has the colours of the place
    for result in mended(opinions, frames):
        np.testing.assert_array_equal(result.person, opinions[0])


@pytest.mark.parametrize("count", [1, 3, STEP])
def test_a_clip_of_few_frames_tells_nothing(count: int) -> None:
    frames, opinions = clip()
    opinions[0][SPECK] = 0.45
    for result, opinion in zip(
        mended(opinions[:count], frames[:count]), opinions[:count], strict=True
    ):
        np.testing.assert_array_equal(result.person, opinion)
        assert not result.place.any()


def test_a_place_without_texture_tells_nothing() -> None:
    frames, opinions = clip()
    frames[:] = 90
    opinions[0][SPECK] = 0.45
    assert not any(result.place.any() for result in mended(opinions, frames))


def test_a_place_that_moves_otherwise_everywhere_tells_nothing() -> None:
    random = np.random.default_rng(1)
    frames = random.integers(0, 256, (FRAMES, HEIGHT, WIDTH, 3)).astype(np.uint8)
    opinions = np.zeros((FRAMES, HEIGHT, WIDTH), np.float32)
    opinions[:, 15:75, 60:95] = 0.6
    for result in mended(opinions, frames):
        assert result.place.mean() < 0.01


def test_nobody_stays_nobody() -> None:
    frames, opinions = clip()
    for result in mended(0 * opinions, frames):
        assert not result.person.any()
        assert not result.place.any()


def test_a_matte_leaves_out_what_looks_as_the_place_and_keeps_the_person() -> None:
    working = np.full((90, 160, 3), (40, 70, 190), np.uint8)
    working[:, :60] = (200, 60, 40)
    working[20:26, 63:67] = (200, 60, 40)  # a leaf beside the person, of their colour
    frame = working.repeat(2, axis=0).repeat(2, axis=1)
    opinion = (np.arange(160) < 60).astype(np.float32)[None].repeat(90, axis=0)
    opinion[18:28, 60:69] = 0.3
    place = np.zeros((90, 160), np.float32)
    place[15:30, 20:80] = 1
    without = full_resolution(opinion, working, frame)[..., 0]
    matte = full_resolution(opinion, working, frame, place)[..., 0]
    leaf = np.s_[42:50, 128:132]
    assert without[leaf].mean() > 60
    assert matte[leaf].mean() < 0.4 * without[leaf].mean()
    np.testing.assert_array_equal(matte[:, :110], without[:, :110])
