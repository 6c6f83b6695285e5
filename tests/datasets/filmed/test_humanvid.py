"""HumanVid's tracks in training: every window is told from the picture that shows the place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filmed_data import numbered, numbers_of, write_video
from torch import Tensor

from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.datasets.tasks.samples import TaskSamples
from dynascene.geometry.rigid import invert_rigid, rotation_angle
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.task_mix import TaskMix
from dynascene.types import CameraTrack, Size

TRACKS = Path(__file__).parents[3].parent / "shared" / "data" / "traj" / "humanvid"
FILES = sorted(TRACKS.glob("*.txt"))
COUNT, LENGTH = 38, 6  # as many numbers as greys can tell
VARIATION = TaskMix(without_person={"video_variation": 1})
SAMPLES = 6

pytestmark = pytest.mark.skipif(not FILES, reason="needs ../shared/data/traj/humanvid")


def write_humanvid_clip(folder: Path, file: Path) -> CameraTrack:
    """Numbered frames with every so many-th camera of a file; the cameras, as they are stored."""
    rows = file.read_text().splitlines()
    chosen = rows[:: len(rows) // COUNT][:COUNT]
    chosen = [f"{number} {row.partition(' ')[2]}" for number, row in enumerate(chosen)]
    folder.mkdir(parents=True)
    (folder / "cameras.txt").write_text("\n".join(chosen) + "\n")
    fx, fy = (float(value) for value in rows[0].split()[8:10])
    size = Size(36, 64) if fx > fy else Size(64, 36)  # pixels are square: fx · width = fy · height
    write_video(folder / "video.mp4", numbered(len(chosen), size))
    return read_cameras(folder / "cameras.txt", defaults=CameraDefaults(size=size))


def samples_of(folder: Path) -> Iterator[TrainingSample]:
    samples = TaskSamples(
        lambda: FilmedClips(folder, size=Size(32, 32), length=LENGTH), VARIATION, seed=1
    )
    yield from (samples[number] for number in range(SAMPLES))


def motions(cam_from_world: Tensor, scene: Tensor) -> Tensor:
    """The cameras as the picture's camera sees them: [F, 4, 4]."""
    return cam_from_world @ invert_rigid(scene)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_windows_are_told_from_the_pictures_camera(tmp_path: Path, file: Path) -> None:
    stored = write_humanvid_clip(tmp_path / "walk", file).cam_from_world
    factors, first_frames = [], []
    for sample in samples_of(tmp_path):
        frames = numbers_of(sample.video)
        (picture,) = numbers_of(((sample.scene_image + 1) * 127.5)[None])
        assert picture not in frames
        told = motions(sample.cam_from_world, sample.scene_cam_from_world)
        true = motions(stored[frames], stored[picture])
        torch.testing.assert_close(told[:, :3, :3], true[:, :3, :3], atol=1e-9, rtol=0)
        factor = told[:, :3, 3].norm() / true[:, :3, 3].norm()
        torch.testing.assert_close(told[:, :3, 3], factor * true[:, :3, 3], atol=1e-9, rtol=1e-6)
        factors.append(float(factor))
        first_frames.append(float(rotation_angle(told[0, :3, :3])))
    # one unit for the clip: what two windows tell of one frame agrees
    assert factors == pytest.approx([factors[0]] * SAMPLES)
    assert max(first_frames) > 0  # the picture is not frame 0


def test_the_pictures_camera_is_far_from_the_first_frame(tmp_path: Path) -> None:
    """Which is why it has to be told: the clip itself turns less."""
    to_picture, within = [], []
    for file in FILES:
        write_humanvid_clip(tmp_path / file.stem / "walk", file)
        for sample in samples_of(tmp_path / file.stem):
            told = motions(sample.cam_from_world, sample.scene_cam_from_world)
            to_picture.append(rotation_angle(told[0, :3, :3]))
            turn = sample.cam_from_world[-1] @ invert_rigid(sample.cam_from_world[0])
            within.append(rotation_angle(turn[:3, :3]))
    assert torch.stack(to_picture).median() > torch.stack(within).median()
