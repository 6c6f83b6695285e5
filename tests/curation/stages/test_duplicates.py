"""The same pictures are recognised after what happens to copies; of copies the first stays."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from moving_pictures import clip_of, pan, surface, write_video

from dynascene.curation.clip import Clip, Source
from dynascene.curation.stages import duplicates
from dynascene.curation.stages.duplicates import (
    ALIKE,
    FingerprintStage,
    fingerprint,
    perceptual_hash,
    without_duplicates,
)


def recompressed(picture: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 20])[1], 1)


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "smaller": lambda p: cv2.resize(p, (131, 73), interpolation=cv2.INTER_AREA),
    "larger": lambda p: cv2.resize(p, (700, 420)),
    "compressed": recompressed,
    "brighter": lambda p: np.clip(p * 1.15 + 10, 0, 255).astype(np.uint8),
    "cropped": lambda p: p[3:-3, 5:-5],
    "with alpha": lambda p: np.dstack([p, np.zeros_like(p[..., :1])]),
}


def differing(one: np.ndarray, other: np.ndarray) -> float:
    return float((perceptual_hash(one) != perceptual_hash(other)).mean())


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_has_nearly_the_same_hash(change: str) -> None:
    pictures = [surface(seed, 180, 320) for seed in range(20)]
    found = [differing(picture, CHANGES[change](picture)) for picture in pictures]
    assert np.mean(found) < 0.6 * ALIKE


def test_other_pictures_have_other_hashes() -> None:
    pictures = [surface(seed, 180, 320) for seed in range(20)]
    pairs = [differing(a, b) for n, a in enumerate(pictures) for b in pictures[:n]]
    assert np.mean(pairs) == pytest.approx(0.5, abs=0.03)
    assert min(pairs) > ALIKE


def test_a_video_s_fingerprint_outlasts_coding_and_scaling(tmp_path: Path) -> None:
    frames = pan(4, 40)
    small = [cv2.resize(frame, (120, 68), interpolation=cv2.INTER_AREA) for frame in frames]
    every_second = frames[::2]  # half the rate shows the same at the same times
    prints = [
        bits(fingerprinted(write_video(tmp_path / f"{n}.mp4", made)))
        for n, made in enumerate((frames, small, every_second, pan(5, 40)))
    ]
    shares = [float((prints[0] != other).mean()) for other in prints[1:]]
    assert max(shares[:2]) < ALIKE < shares[2]


def fingerprinted(path: Path) -> Clip:
    from dynascene.io.video import open_video

    (clip,) = FingerprintStage()(clip_of(path, len(open_video(path))), path.parent)
    return clip


def bits(clip: Clip) -> np.ndarray:
    told = bytes.fromhex(str(clip.values["duplicates.fingerprint"]))
    return np.unpackbits(np.frombuffer(told, np.uint8))


def made(location: str, told: np.ndarray, start: int = 0, shot: int | None = None) -> Clip:
    clip = Clip(Source(location), Path(location), start, start + 24)
    clip = clip.with_values("duplicates", fingerprint=np.packbits(told).tobytes().hex())
    return clip if shot is None else clip.with_values("shots", shot=shot)


def flipped(told: np.ndarray, count: int, seed: int) -> np.ndarray:
    places = np.random.default_rng(seed).permutation(len(told))[:count]
    changed = told.copy()
    changed[places] ^= 1
    return changed


def random_bits(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, 512, np.uint8)


def slowly(clips: Sequence[Clip]) -> set[str]:
    """Locations that stay: one after another, each compared with those that stayed."""
    stayed: list[Clip] = []
    for clip in sorted(clips, key=lambda c: (c.source.location, c.start)):
        if all((bits(clip) != bits(other)).mean() > ALIKE for other in stayed):
            stayed.append(clip)
    return {clip.source.location for clip in stayed}


def test_the_decision_is_that_of_the_slow_reference_in_any_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duplicates, "BLOCK", 7)  # so that several blocks are compared
    clips = []
    for group in range(12):
        told = random_bits(group)
        clips += [
            made(f"{member}-{group:02}.mp4", flipped(told, 12 * member, 50 + member))
            for member in range(4)
        ]
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(clips))
        shuffled = [clips[n] for n in order]
        decided = without_duplicates(shuffled)
        assert [c.source for c in decided] == [c.source for c in shuffled]
        assert {c.source.location for c in decided if c.is_kept} == slowly(clips)


def test_a_copy_of_a_dropped_copy_is_compared_with_what_stayed() -> None:
    first = random_bits(0)
    near = flipped(first, 80, 1)
    far = near.copy()
    same = np.flatnonzero(near == first)[:80]
    far[same] ^= 1  # as near to the second, twice as far from the first
    decided = without_duplicates([made("a", first), made("b", near), made("c", far)])
    assert [clip.is_kept for clip in decided] == [True, False, True]
    rejection = decided[1].rejection
    assert rejection is not None
    assert (rejection.stage, rejection.code) == ("duplicates", "duplicate")
    assert rejection.reason == "shows the same as a, frames 0:24"
    assert rejection.measured == 80 / 512


def test_pieces_of_a_shot_stay_but_a_shot_shown_twice_in_a_video_does_not() -> None:
    told = random_bits(0)
    clips = [made("a", told, 0, 0), made("a", told, 24, 0), made("a", told, 90, 3)]
    assert [clip.is_kept for clip in without_duplicates(clips)] == [True, True, False]


def test_dropped_clips_and_such_without_a_fingerprint_are_left_alone() -> None:
    told = random_bits(0)
    dropped = made("a", told).rejected("motion", "little-motion", "stands")
    unknown = replace(made("b", told), values={})
    clips = [dropped, unknown, made("c", told), unknown]
    assert without_duplicates(clips) == clips
    assert without_duplicates([]) == []


def test_a_fingerprint_is_128_digits() -> None:
    assert len(fingerprint(pan(1, 8))) == 128
