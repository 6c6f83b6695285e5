"""No clip across a cut, no frame lost, and what is too short is returned with its reason."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from moving_pictures import RATE, clip_of, code_of, pan, write_video

from dynascene.curation.stages.shots import ShotsConfig, ShotsStage, find_shots

pytest.importorskip("scenedetect")

BRIEF = ShotsConfig(shortest=0.5)


def takes(*lengths: int) -> np.ndarray:
    return np.concatenate([pan(10 + seed, length) for seed, length in enumerate(lengths)])


def found(frames: Sequence[np.ndarray] | np.ndarray) -> list[int]:
    return find_shots(frames, RATE, ShotsConfig())


@pytest.mark.parametrize(
    ("lengths", "cuts"),
    [
        ((40,), []),
        ((20, 20), [20]),
        ((15, 18, 13), [15, 33]),
        ((1, 20), [1]),
        ((2, 20), [2]),
        ((20, 1), [20]),
        ((20, 2), [20]),
        ((15, 5, 15), [15, 20]),
        ((3,), []),
        ((1,), []),
    ],
)
def test_cuts_are_found_wherever_they_are(lengths: tuple[int, ...], cuts: list[int]) -> None:
    assert found(takes(*lengths)) == cuts


def test_no_frames_have_no_cuts() -> None:
    assert found([]) == []


def test_a_fast_pan_is_one_take() -> None:
    assert found(pan(3, 30, step=12)) == []


def test_alpha_is_not_looked_at() -> None:
    frames = takes(12, 12)
    alpha = np.random.default_rng(0).integers(0, 255, (*frames.shape[:3], 1), np.uint8)
    assert found(np.concatenate([frames, alpha], axis=3)) == found(frames)


def test_what_is_faded_out_between_two_takes_is_a_take_of_its_own() -> None:
    first, second = pan(1, 30).astype(float), pan(2, 30).astype(float)
    first[20:] *= np.linspace(1, 0, 10)[:, None, None, None]
    second[:10] *= np.linspace(0, 1, 10)[:, None, None, None]
    frames = np.concatenate([first, second]).astype(np.uint8)
    dark = np.flatnonzero(frames.mean(axis=(1, 2, 3)) < ShotsConfig().black)
    assert found(frames) == [dark[0], dark[-1] + 1]


def test_a_video_becomes_a_clip_for_each_take(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", takes(20, 6, 24))
    clips = ShotsStage(BRIEF)(replace(clip_of(path, 50), values={"probe.fps": 24.0}), tmp_path)
    assert [(c.start, c.stop, code_of(c)) for c in clips] == [
        (0, 20, None),
        (20, 26, "short"),
        (26, 50, None),
    ]
    assert [clip.values["shots.shot"] for clip in clips] == [0, 1, 2]
    assert clips[1].rejection is not None
    assert clips[1].rejection.measured == 0.25
    assert all(clip.values["probe.fps"] == 24.0 for clip in clips)


def test_long_takes_are_divided_into_equal_pieces_and_no_frame_is_lost(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", takes(31, 12))
    clips = ShotsStage(replace(BRIEF, longest=0.6))(clip_of(path, 43), tmp_path)
    stretches = [(clip.start, clip.stop) for clip in clips]
    assert stretches == [(0, 10), (10, 20), (20, 31), (31, 43)]
    named = [(clip.values["shots.shot"], clip.values["shots.piece"]) for clip in clips]
    assert named == [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_only_the_clip_s_own_stretch_is_looked_at(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", takes(15, 30, 15))
    clips = ShotsStage(BRIEF)(replace(clip_of(path, 40), start=5), tmp_path)
    assert [(clip.start, clip.stop) for clip in clips] == [(5, 15), (15, 40)]


def test_black_is_dropped_however_long(tmp_path: Path) -> None:
    black = np.zeros((24, 90, 160, 3), np.uint8)
    path = write_video(tmp_path / "film.mp4", np.concatenate([pan(1, 24), black, pan(2, 24)]))
    clips = ShotsStage(BRIEF)(clip_of(path, 72), tmp_path)
    assert [(c.start, c.stop, code_of(c)) for c in clips] == [
        (0, 24, None),
        (24, 48, "black"),
        (48, 72, None),
    ]
