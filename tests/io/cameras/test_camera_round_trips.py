"""What a format stores comes back to 1e-6; what it does not store comes from the defaults."""

from pathlib import Path

import pytest
import torch

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import relative_to_first
from dynascene.io.cameras import (
    FORMATS,
    CameraDefaults,
    Sensor,
    detect_format,
    read_cameras,
    write_cameras,
)
from dynascene.types import CameraTrack, Size

SUFFIX = {
    "nerfstudio": ".json", "motionctrl": ".json", "blender": ".json", "camera_info": ".json",
    "chan": ".chan", "colmap": "", "colmap-bin": "",
}  # fmt: skip
SQUARE = ("chan", "blender")
CENTRED = ("chan", "humanvid")
POSES_ONLY = ("tum", "kitti", "motionctrl")
WITHOUT_SIZE = (*POSES_ONLY, "re10k", "humanvid", "chan")
NAMES = sorted(FORMATS)


def track_for(name: str, frames: int, seed: int, make_track) -> CameraTrack:
    return make_track(frames, seed, square=name in SQUARE, centred=name in CENTRED)


def defaults_for(track: CameraTrack) -> CameraDefaults:
    return CameraDefaults(size=track.size, fov=47, rotation_order="ZXY", sensor=Sensor(24.6, 18.7))


@pytest.mark.parametrize("frames", [1, 3, 7])
@pytest.mark.parametrize("name", NAMES)
def test_round_trip(name: str, frames: int, tmp_path: Path, make_track) -> None:
    for seed in range(4):
        track = track_for(name, frames, seed, make_track)
        defaults, path = defaults_for(track), tmp_path / f"track{seed}{SUFFIX.get(name, '.txt')}"
        notices: list[str] = []
        write_cameras(track, path, name, defaults)
        assert detect_format(path) == name.removesuffix("-bin")
        back = read_cameras(path, None, defaults, notices.append)
        poses, intrinsics = track.cam_from_world, track.intrinsics
        if name == "motionctrl":
            poses = relative_to_first(poses)
        if name in POSES_ONLY:
            intrinsics = intrinsics_from_fov(47, track.size).expand(frames, 3, 3)
        scale = poses.abs().amax(dim=(1, 2), keepdim=True)  # 1e-6 of the largest number
        torch.testing.assert_close(back.cam_from_world / scale, poses / scale, rtol=0, atol=1e-6)
        torch.testing.assert_close(back.intrinsics, intrinsics, rtol=1e-6, atol=1e-6)
        assert back.size == track.size
        assert len(notices) == (1 if name in WITHOUT_SIZE else 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_round_trip_changes_nothing(name: str, tmp_path: Path, make_track) -> None:
    track = track_for(name, 3, 5, make_track)
    defaults, suffix = defaults_for(track), SUFFIX.get(name, ".txt")
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    write_cameras(track, first, name, defaults)
    once = read_cameras(first, name, defaults)
    write_cameras(once, second, name, defaults)
    twice = read_cameras(second, name, defaults)
    torch.testing.assert_close(twice.cam_from_world, once.cam_from_world, rtol=0, atol=1e-9)
    torch.testing.assert_close(twice.intrinsics, once.intrinsics, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITHOUT_SIZE)))
def test_defaults_never_override_what_is_stored(name: str, tmp_path: Path, make_track) -> None:
    track = track_for(name, 3, 1, make_track)
    path = tmp_path / f"track{SUFFIX.get(name, '.txt')}"
    write_cameras(track, path, name, defaults_for(track))
    back = read_cameras(path, name, CameraDefaults(size=Size(33, 3), fov=9))
    assert back.size == track.size
    torch.testing.assert_close(back.intrinsics, track.intrinsics, rtol=1e-6, atol=1e-6)


def test_normalised_intrinsics_follow_the_frame_size(tmp_path: Path, make_track) -> None:
    track = make_track(3)
    write_cameras(track, tmp_path / "a.txt")
    double = Size(track.size.width * 2, track.size.height * 3)
    back = read_cameras(tmp_path / "a.txt", defaults=CameraDefaults(size=double))
    expected = track.intrinsics * torch.tensor([2.0, 3, 1], dtype=torch.float64)[:, None]
    torch.testing.assert_close(back.intrinsics, expected)


def test_a_frame_of_another_shape_is_noticed(tmp_path: Path, make_track) -> None:
    track = CameraTrack(
        make_track(3).cam_from_world,
        intrinsics_from_fov(40, Size(1080, 1920)).expand(3, 3, 3),
        Size(1080, 1920),
    )
    write_cameras(track, tmp_path / "a.txt")
    notices: list[str] = []
    read_cameras(tmp_path / "a.txt", notice=notices.append)
    assert "1280x720" in notices[0]
    assert "9:16" in notices[0]
    read_cameras(
        tmp_path / "a.txt", defaults=CameraDefaults(size=Size(540, 960)), notice=notices.append
    )
    assert "non-square" not in notices[1]


def test_the_writer_tells_what_is_lost(tmp_path: Path, make_track) -> None:
    notices: list[str] = []
    write_cameras(make_track(3), tmp_path / "a.txt", "kitti", notice=notices.append)
    write_cameras(make_track(3), tmp_path / "b.json", "camera_info", notice=notices.append)
    assert len(notices) == 1
    assert "does not store frame size and intrinsics" in notices[0]


def test_the_ending_tells_the_format_to_write(tmp_path: Path, make_track) -> None:
    for name, expected in (("a.txt", "re10k"), ("a.json", "nerfstudio"), ("folder", "colmap")):
        write_cameras(make_track(3), tmp_path / name)
        assert detect_format(tmp_path / name) == expected
