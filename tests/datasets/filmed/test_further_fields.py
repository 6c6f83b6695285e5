"""Fields that a user added to the table, read from files beside a clip."""

from pathlib import Path

import numpy as np
import pytest
import torch
from filmed_data import SIZE, numbers_of, write_clip_folder

from dynascene.clip_fields import CLIP_FIELDS, ClipField
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.shard_writing import write_shards
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.samples import TaskSamples
from dynascene.errors import InputError
from dynascene.task_mix import TaskMix
from dynascene.types import Size

POSE = ClipField(name="pose", axes="B F 2 H W", meaning="the frame's number", resize="area")
SPEED = ClipField(name="speed", axes="B F", meaning="of the walk", optional=True)
COUNT = 20


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for field in (POSE, SPEED):
        monkeypatch.setitem(CLIP_FIELDS, field.name, field)
    clip = write_clip_folder(tmp_path / "clips" / "a", COUNT)
    numbers = np.arange(COUNT, dtype=np.float16)
    np.save(clip / "pose.npy", np.tile(numbers[:, None, None, None], (1, 2, 24, 32)))
    np.save(clip / "speed.npy", numbers)
    np.save(clip / "unknown.npy", numbers)
    return tmp_path / "clips"


def read(source: Path, **options) -> FilmedClips:
    return FilmedClips(source, size=Size(32, 32), length=3, strides=(2,), **options)


def test_fields_are_of_the_pieces_frames(folder: Path) -> None:
    clip = read(folder)[0]
    numbers = [float(number) for number in numbers_of(clip.video)]
    assert set(clip.inputs) == {"pose", "speed"}
    assert clip.inputs["speed"].tolist() == numbers
    assert clip.inputs["pose"].shape == (3, 2, 32, 32)
    assert clip.inputs["pose"][:, 1, 5, 7].tolist() == numbers


def test_maps_are_cropped_as_the_frames(folder: Path) -> None:
    """The middle of a 64x48 frame, at half its size: columns 8 to 55 of 64."""
    ramp = np.arange(SIZE.width, dtype=np.float32)
    np.save(folder / "a" / "pose.npy", np.broadcast_to(ramp, (COUNT, 2, 48, 64)))
    clips = FilmedClips(folder, size=Size(24, 24), length=1)
    row = clips[0].inputs["pose"][0, 0, 3]
    torch.testing.assert_close(row, 8.5 + 2 * torch.arange(24.0))


def test_they_reach_the_models_batch(folder: Path) -> None:
    mix = TaskMix(with_person={"video_background": 1})
    batch = collate_samples([TaskSamples(lambda: read(folder), mix, seed=0)[0]]).pixels
    assert batch["pose"].shape == (1, 3, 2, 32, 32)
    assert batch["speed"].shape == (1, 3)


def test_shards_hold_them_too(folder: Path, tmp_path: Path) -> None:
    write_shards(open_manifest(folder), tmp_path / "shards")
    there = read(tmp_path / "shards", cache=tmp_path / "cache")[0]
    assert there.inputs["speed"].equal(read(folder)[0].inputs["speed"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((19, 2, 24, 32)), "has 19 frames, and the video has 20"),
        (np.zeros((20, 3, 24, 32)), r"is \[20, 3, 24, 32\], expected \[F, 2, H, W\]"),
        (np.array([{}]), "is not a plain .npy array of numbers"),
    ],
)
def test_files_that_do_not_fit_are_named(folder: Path, values, message: str) -> None:
    np.save(folder / "a" / "pose.npy", values)
    with pytest.raises(InputError, match=rf"pose\.npy: {message}"):
        open_manifest(folder)


@pytest.mark.parametrize(("name", "axes"), [("points", (50, 5)), ("background_flow", (2, 24, 32))])
def test_shares_of_the_frame_are_refused_beside_clips(folder: Path, name: str, axes) -> None:
    """They would have to follow the crop."""
    np.save(folder / "a" / f"{name}.npy", np.zeros((COUNT, *axes), np.float32))
    with pytest.raises(InputError, match=rf"{name}\.npy: {name} of filmed clips is not read yet"):
        open_manifest(folder)
