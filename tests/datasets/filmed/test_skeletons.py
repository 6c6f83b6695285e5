"""Clips that carry body poses: joints, drawn maps, or arrays."""

from pathlib import Path

import numpy as np
import pytest
import torch
from filmed_data import write_clip_folder, write_video
from walking_pose import walking_pose

from dynascene.body_pose import BodyPose
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.shard_writing import write_shards
from dynascene.datasets.filmed.skeletons import read_skeletons
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.errors import InputError
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.io.poses.openpose import write_openpose
from dynascene.types import Size

COUNT = 20
SIZE = Size(64, 48)  # of the clips


def pose() -> BodyPose:
    return walking_pose(COUNT).resized(SIZE)


def drawn(pose: BodyPose) -> torch.Tensor:
    frames = np.stack([draw_skeleton(pose, frame) for frame in range(len(pose))])
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    clip = write_clip_folder(tmp_path / "clips" / "a", COUNT)
    write_openpose(pose(), clip / "skeleton.json")
    return tmp_path / "clips"


def skeletons(source: Path, size: Size = SIZE) -> torch.Tensor:
    clips = FilmedClips(source, size=size, length=COUNT)
    return clips[0].inputs["skeleton"]


def test_joints_are_drawn_at_the_size_of_training(folder: Path) -> None:
    torch.testing.assert_close(skeletons(folder), drawn(pose()), atol=0.02, rtol=0)
    small = skeletons(folder, Size(32, 24))
    torch.testing.assert_close(small, drawn(pose().resized(Size(32, 24))), atol=0.02, rtol=0)


def test_they_are_cropped_as_the_frames(folder: Path) -> None:
    middle = skeletons(folder, Size(48, 48))
    torch.testing.assert_close(middle, drawn(pose())[..., 8:56], atol=0.02, rtol=0)


def test_they_come_out_of_shards(folder: Path, tmp_path: Path) -> None:
    write_shards(open_manifest(folder), tmp_path / "shards")
    torch.testing.assert_close(skeletons(tmp_path / "shards"), skeletons(folder))


def test_a_drawn_video_is_passed_through(folder: Path, tmp_path: Path) -> None:
    clip = write_clip_folder(tmp_path / "drawn" / "a", COUNT)
    write_video(clip / "skeleton.mp4", (255 * drawn(pose()).permute(0, 2, 3, 1)).byte().numpy())
    maps = skeletons(tmp_path / "drawn")
    assert (maps - skeletons(folder)).abs().mean() < 0.03
    assert (maps.amax(dim=1) > 0.2).float().mean() > 0.02


def test_frames_by_their_numbers(folder: Path) -> None:
    path = folder / "a" / "skeleton.json"
    two = read_skeletons(path, [7, 3], SIZE)
    torch.testing.assert_close(two, drawn(pose())[[7, 3]], atol=0.02, rtol=0)


def test_poses_of_another_length_are_refused(folder: Path) -> None:
    write_openpose(pose()[0:9], folder / "a" / "skeleton.json")
    with pytest.raises(InputError, match=r"skeleton\.json: has 9 frames, and the video has 20"):
        skeletons(folder)
