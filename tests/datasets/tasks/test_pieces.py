"""Cameras as the network is told them, and frames drawn."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from dynascene.datasets.scale_jitter import clip_jitter
from dynascene.datasets.tasks.pieces import one_frame, training_cameras
from dynascene.geometry.rigid import invert_rigid, rotation_about
from dynascene.geometry.tracks import (
    EXTENT_WHERE_UNKNOWN,
    extent,
    relative_track,
    scale_track,
    turning_only,
)
from dynascene.types import CameraTrack


@pytest.fixture
def told(make_clip) -> Callable[..., CameraTrack]:
    def tell(track: CameraTrack, name: str = "walk") -> CameraTrack:
        return training_cameras(make_clip(len(track), cameras=track, name=name)).track

    return tell


@pytest.mark.parametrize("factor", [0.01, 1.0, 300.0])
def test_the_unit_of_a_film_does_not_matter(make_clip, told, factor) -> None:
    track = make_clip(frames=9).cameras
    reference = told(track)
    assert extent(reference) > 0.1
    torch.testing.assert_close(
        told(scale_track(track, factor)).cam_from_world, reference.cam_from_world
    )


def test_nor_does_its_world(make_clip, told) -> None:
    track = make_clip(frames=9).cameras
    moved_from_world = rotation_about("x", 40)
    world = torch.eye(4, dtype=torch.float64)
    world[:3, :3], world[:3, 3] = moved_from_world, torch.tensor([3.0, -2, 8])
    elsewhere = replace(track, cam_from_world=track.cam_from_world @ invert_rigid(world))
    torch.testing.assert_close(told(elsewhere).cam_from_world, told(track).cam_from_world)


def test_the_first_camera_is_the_world_and_the_reach_is_jittered(make_clip, told) -> None:
    track = make_clip(frames=9).cameras
    reaches = []
    for number in range(20):
        cameras = told(track, f"clip {number}")
        torch.testing.assert_close(cameras.cam_from_world[0], torch.eye(4, dtype=torch.float64))
        assert torch.equal(cameras.intrinsics, track.intrinsics)
        torch.testing.assert_close(  # one factor for all: the path keeps its shape
            cameras.cam_from_world[:, :3, 3] / extent(cameras),
            relative_track(track).cam_from_world[:, :3, 3] / extent(track),
        )
        reaches.append(extent(cameras) / EXTENT_WHERE_UNKNOWN)
    assert 0.5 <= min(reaches) < 1 < max(reaches) <= 2


def test_a_camera_that_turns_in_place_stays_in_place(make_clip, told) -> None:
    track = turning_only(make_clip(frames=9).cameras)
    cameras = told(track)
    assert extent(cameras) == pytest.approx(0, abs=1e-12)
    rotation = cameras.cam_from_world[:, :3, :3] @ track.cam_from_world[0, :3, :3]
    torch.testing.assert_close(rotation, track.cam_from_world[:, :3, :3])


def test_scatter_of_a_standing_camera_is_not_blown_up(make_clip, told) -> None:
    track = make_clip(frames=24).cameras
    poses = torch.eye(4, dtype=torch.float64).repeat(24, 1, 1)
    poses[:, :3, 3] = 1e-3 * torch.randn(24, 3, generator=torch.Generator().manual_seed(0))
    cameras = told(CameraTrack(poses, track.intrinsics, track.size))
    assert extent(cameras) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("frames", [2, 3, 8, 24])
def test_short_pieces_of_a_travelling_camera_travel(make_clip, told, frames) -> None:
    assert extent(told(make_clip(frames).cameras)) > 0.1


def test_all_pieces_of_a_clip_have_its_unit(make_clip) -> None:
    """A piece that is travelled twice as fast is told twice as fast."""
    clip = make_clip(frames=17, track_scale=0.01)
    slow = replace(clip, video=clip.video[:9], matte=clip.matte[:9], cameras=clip.cameras[:9])
    every_second = clip.cameras.cam_from_world[::2], clip.cameras.intrinsics[::2]
    fast = replace(slow, cameras=CameraTrack(*every_second, clip.cameras.size))
    told = [extent(training_cameras(piece).track) for piece in (slow, fast)]
    filmed = [extent(piece.cameras) for piece in (slow, fast)]
    assert told[1] / told[0] == pytest.approx(filmed[1] / filmed[0])
    assert told[0] / filmed[0] == pytest.approx(0.01 * clip_jitter("walk"))
    assert 0.5 <= clip_jitter("walk") <= 2
    turning = training_cameras(replace(slow, track_scale=0.0), slow.cameras[3:4])
    assert not turning.track.cam_from_world[:, :3, 3].any()
    assert turning.scene is not None
    assert not turning.scene.cam_from_world[:, :3, 3].any()


def test_one_frame_keeps_what_belongs_together(make_clip, rng) -> None:
    clip = make_clip(frames=5)
    piece = one_frame(clip, rng, among=[3])
    assert torch.equal(piece.video, clip.video[3:4])
    assert torch.equal(piece.matte, clip.matte[3:4])
    assert torch.equal(piece.cameras.cam_from_world, clip.cameras.cam_from_world[3:4])
    assert torch.equal(piece.others, clip.others)
