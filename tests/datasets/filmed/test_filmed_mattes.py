"""Mattes of clips: their brightness, and never a picture in colour."""

from pathlib import Path

import numpy as np
import pytest
import torch
from filmed_data import SIZE, mattes, numbered, write_clip_folder, write_video

from dynascene.datasets.filmed.cropping import cropped_frames
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.mattes import check_matte, open_clip_matte
from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.filmed.survey import open_manifest, survey
from dynascene.errors import InputError
from dynascene.io.frames import open_frames
from dynascene.io.mattes import open_matte
from dynascene.types import Size

COUNT = 20
RED = np.array([1, 0.2, 0.2])


def with_red_end() -> np.ndarray:
    """Black frames, then red ones: the first frames do not tell."""
    frames = np.zeros((COUNT, SIZE.height, SIZE.width, 3), np.uint8)
    frames[12:] = (numbered(COUNT)[12:] * RED).astype(np.uint8)
    return frames


def test_brightness_is_what_generation_reads(tmp_path: Path) -> None:
    folder = write_clip_folder(tmp_path / "walk", COUNT)
    frames = open_frames(folder / "video.mp4", strict=True)
    matte = open_clip_matte(folder / "matte.mp4", frames)
    check_matte(matte, folder / "matte.mp4")
    generation = open_matte(folder / "matte.mp4", frames)
    for ours, theirs in zip(matte.read(), generation.read(), strict=True):
        assert np.abs(ours.astype(int) - theirs).max() <= 1
    halves = cropped_frames(matte, [3, 9], Size(32, 24))
    boxes = torch.from_numpy(mattes(COUNT)[[3, 9], ::2, ::2]).movedim(-1, 1)
    assert halves.shape == (2, 1, 24, 32)
    assert ((halves > 127) != (boxes > 127)).float().mean() < 0.06  # the box's border


def test_colour_at_the_end_is_seen_by_a_survey(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_clip_folder(tmp_path / name, COUNT)
    write_video(tmp_path / "b" / "matte.mp4", with_red_end())
    manifest = open_manifest(tmp_path)
    reasons = {manifest[k].clip: manifest[k].reason for k in range(3)}
    assert reasons["a"] is None
    assert reasons["b"] is not None
    assert "matte.mp4: the matte is in colour" in reasons["b"]


def test_colour_is_seen_where_it_is_read(tmp_path: Path) -> None:
    """A manifest may be older than its files."""
    for name in ("a", "b"):
        write_clip_folder(tmp_path / name, COUNT)
    survey(Storage.at(tmp_path), shares={"train": 1}).save()
    write_video(tmp_path / "b" / "matte.mp4", with_red_end())
    clips = FilmedClips(tmp_path, size=SIZE, length=COUNT)
    assert {clips[k].name for k in range(8)} == {"a"}
    assert "in colour" in clips.broken.reasons["b"]


def test_nobody_anywhere_is_seen_by_a_survey(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_clip_folder(tmp_path / name, COUNT)
    black = np.zeros((COUNT, SIZE.height, SIZE.width, 1), np.uint8)
    write_video(tmp_path / "b" / "matte.mp4", black)
    black[8, 20:40, 10:30] = 255  # in a frame that is not among those looked at
    write_video(tmp_path / "c" / "matte.mp4", black)
    manifest = open_manifest(tmp_path)
    reasons = {manifest[k].clip: manifest[k].reason for k in range(3)}
    assert reasons["a"] is None
    assert reasons["c"] is None
    assert reasons["b"] is not None
    assert "matte.mp4" in reasons["b"]
    assert "nobody" in reasons["b"]


def test_a_matte_of_another_length_does_not_fit(tmp_path: Path) -> None:
    folder = write_clip_folder(tmp_path / "walk", COUNT)
    write_video(folder / "matte.mp4", mattes(7))
    with pytest.raises(InputError, match="the matte has 7 frames"):
        open_clip_matte(folder / "matte.mp4", open_frames(folder / "video.mp4"))
