"""How a request's cameras become a track in the scene's unit of length."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from dynascene.errors import InputError
from dynascene.generation.camera_input import (
    FilmedCamera,
    camera_track,
    read_filmed,
    with_square_pixels,
)
from dynascene.generation.place_input import assumed_fov, filling_focal
from dynascene.generation.request import CameraInput, GenerationRequest, PersonInput, PlaceInput
from dynascene.geometry.intrinsics import focal_from_fov, horizontal_fov, intrinsics_from_fov
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.rigid import rigid
from dynascene.geometry.tracks import EXTENT_WHERE_UNKNOWN, extent
from dynascene.io.cameras import write_cameras
from dynascene.io.cameras.re10k import MEDIAN_DEPTH
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, Size

PICTURE = Size(120, 80)
SCENE = lift_to_stage(
    torch.zeros(3, 80, 120), PictureCamera(focal_from_fov(60, PICTURE), PICTURE, 40)
)
FRAME = Size(160, 90)


def straight(frames: int, step: float) -> CameraTrack:
    """Sideways in equal steps, in some file's unit."""
    translation = torch.zeros(frames, 3).double()
    translation[:, 0] = -step * torch.arange(frames)
    rotation = torch.eye(3).double().expand(frames, 3, 3)
    k = intrinsics_from_fov(40, FRAME).expand(frames, 3, 3)
    return CameraTrack(rigid(rotation, translation), k, FRAME)


def request(**camera: Any) -> GenerationRequest:
    return GenerationRequest(
        place=PlaceInput(scene=Path("s.png")),
        person=PersonInput(person=Path("p.mp4")),
        camera=CameraInput(**camera),
    )


def read(
    path: Path, size: Size, frames: int, log: Log, excerpt: tuple[int, int] | None = None
) -> FilmedCamera | None:
    return read_filmed(CameraInput(cameras=str(path)), size, frames, excerpt, log)


def from_file(path: Path, frames: int | None, size: Size = FRAME, **camera: Any) -> CameraTrack:
    asked = request(cameras=str(path), **camera)
    filmed = read_filmed(asked.camera, size, frames, None, Log())
    return camera_track(asked, filmed, SCENE, size, frames, 24.0, Log())


@pytest.fixture
def track_file(tmp_path: Path) -> Path:
    write_cameras(straight(10, 250.0), tmp_path / "cameras.txt", "re10k")
    return tmp_path / "cameras.txt"


def test_an_unknown_unit_is_scaled_to_a_known_reach(track_file: Path) -> None:
    assert extent(from_file(track_file, 10)) == pytest.approx(EXTENT_WHERE_UNKNOWN, rel=1e-5)


def test_the_cameras_height_fixes_the_unit(track_file: Path) -> None:
    """9 steps of 250 at a height of 10000 are 0.225 heights, whatever the unit."""
    track = from_file(track_file, 10, camera_height=10_000.0)
    assert extent(track) == pytest.approx(0.225 * SCENE.surface.height, rel=1e-5)


def test_realestate10k_says_its_unit(tmp_path: Path) -> None:
    """As in training: its unit is a share of the median depth, the same for every clip."""
    file = tmp_path / "c.txt"
    write_cameras(straight(10, 0.1), file, "re10k")
    assert extent(from_file(file, 10)) == pytest.approx(EXTENT_WHERE_UNKNOWN)
    lines = file.read_text().splitlines()
    file.write_text("\n".join(["https://www.youtube.com/watch?v=x", *lines[1:]]) + "\n")
    log = Log()
    filmed = read(file, FRAME, 10, log)
    track = camera_track(request(cameras=str(file)), filmed, SCENE, FRAME, 10, 24.0, log)
    assert extent(track) == pytest.approx(9 * 0.1 / MEDIAN_DEPTH, rel=1e-5)
    assert "has RealEstate10K's unit of length" in log.notices[-1]
    assert extent(from_file(file, 10, camera_scale=2.0)) == pytest.approx(1.8, rel=1e-5)


def test_a_camera_that_only_turns_keeps_its_place(tmp_path: Path) -> None:
    write_cameras(straight(4, 0.0), tmp_path / "c.txt", "re10k")
    assert extent(from_file(tmp_path / "c.txt", 4)) == 0


def test_a_turning_camera_away_from_the_origin_does_not_scatter() -> None:
    """Its position is the same up to rounding: nothing to tell the user."""
    turning = make_move("pan-right:20+tilt-up:5", 9, intrinsics_from_fov(40, FRAME), FRAME)
    rotation = turning.cam_from_world[2:, :3, :3]
    centre = torch.tensor([1.1, 2.3, 3.7], dtype=torch.float64)
    poses = rigid(rotation, -(rotation @ centre))
    filmed = FilmedCamera(CameraTrack(poses, turning.intrinsics[2:], FRAME), "clip")
    log = Log()
    track = camera_track(request(cameras="c.txt"), filmed, SCENE, FRAME, 7, 24.0, log)
    assert extent(track) == 0
    assert log.notices == []


def test_frames_choose_the_same_cameras(track_file: Path) -> None:
    asked = request(cameras=str(track_file), camera_height=10_000.0)
    filmed = read_filmed(asked.camera, FRAME, 4, (3, 7), Log())
    track = camera_track(asked, filmed, SCENE, FRAME, 4, 24.0, Log())
    assert len(track) == 4
    assert extent(track) == pytest.approx(0.075 * SCENE.surface.height, rel=1e-5)


def test_a_longer_track_is_cut_and_said(track_file: Path) -> None:
    log = Log()
    filmed = read(track_file, FRAME, 6, log)
    assert filmed is not None
    assert len(filmed.track) == 6
    assert "the first 6 are used" in log.notices[0]


def test_a_shorter_track_is_refused(track_file: Path) -> None:
    with pytest.raises(InputError, match="10 cameras for 11 frames"):
        from_file(track_file, 11)


def test_the_files_view_survives_another_frame_shape(track_file: Path) -> None:
    """The file was written for 16:9; a square frame crops its sides, it does not squeeze them."""
    square = Size(90, 90)
    track = from_file(track_file, 10, size=square)
    k = track.intrinsics[0]
    assert k[0, 0] == pytest.approx(float(k[1, 1]), rel=1e-2)
    vertical = float(horizontal_fov(intrinsics_from_fov(40, FRAME), FRAME))
    assert vertical == pytest.approx(40)
    assert float(k[1, 1]) == pytest.approx(focal_from_fov(40, FRAME), rel=2e-2)


def test_square_pixels_find_the_filmed_shape() -> None:
    k = torch.tensor([[100.0, 0, 50], [0, 50, 50], [0, 0, 1]])
    squared = with_square_pixels(CameraTrack(torch.eye(4)[None], k[None], Size(100, 100)))
    assert squared.size == Size(100, 200)
    assert squared.intrinsics[0, 1].tolist() == [0, 100, 100]


def test_a_move_takes_the_widest_view_that_stays_in_the_picture() -> None:
    still = camera_track(request(), None, SCENE, Size(120, 80), 5, 24.0, Log())
    assert float(horizontal_fov(still.intrinsics[0], still.size)) == pytest.approx(60)
    pan = camera_track(request(move="pan-right:12"), None, SCENE, Size(120, 80), 5, 24.0, Log())
    assert 35 < float(horizontal_fov(pan.intrinsics[0], pan.size)) < 52
    given = camera_track(request(move="pan-right:12", fov=55), None, SCENE, FRAME, 5, 24.0, Log())
    assert float(horizontal_fov(given.intrinsics[0], given.size)) == pytest.approx(55)


@pytest.mark.parametrize(("filmed", "assumed"), [(90, 90), (60, 60), (40, 60), (10, 25)])
def test_an_unknown_picture_is_as_wide_as_the_film_needs(filmed: float, assumed: float) -> None:
    track = CameraTrack(torch.eye(4)[None], intrinsics_from_fov(filmed, FRAME)[None], FRAME)
    given = assumed_fov(Size(320, 180), track)
    if assumed == 25:  # two and a half times the filmed width, in pixels
        assumed = 2 * math.degrees(math.atan(2.5 * math.tan(math.radians(5))))
    assert given == pytest.approx(assumed)


def test_a_picture_fills_a_frame_of_another_shape() -> None:
    track = CameraTrack(torch.eye(4)[None], intrinsics_from_fov(60, FRAME)[None], FRAME)
    size = Size(3 * FRAME.height, FRAME.height)  # wider: its height is what must reach
    vertical = 2 * math.atan(FRAME.height / 2 / float(track.intrinsics[0, 0, 0]))
    focal = filling_focal(size, track)
    assert 2 * math.atan(size.height / 2 / focal) == pytest.approx(vertical)


def test_an_excerpts_own_track_is_taken_and_said(track_file: Path) -> None:
    log = Log()
    filmed = read(track_file, FRAME, 10, log, (20, 30))
    assert filmed is not None
    assert len(filmed.track) == 10
    assert "`frames` 20:30" in log.notices[0]
    with pytest.raises(InputError, match="has 10 cameras"):
        read(track_file, FRAME, 8, Log(), (4, 12))


def test_track_units_are_kept_when_said(track_file: Path) -> None:
    assert extent(from_file(track_file, 10, camera_scale=1e-4)) == pytest.approx(0.225, rel=1e-5)


def test_scattered_positions_of_a_tripod_are_not_travel(tmp_path: Path) -> None:
    """A pan whose estimated positions scatter by a ten-thousandth of some unit."""
    generator = torch.Generator().manual_seed(5)
    pan = make_move("pan-right:20", 24, intrinsics_from_fov(40, FRAME), FRAME)
    poses = pan.cam_from_world.clone()
    poses[:, :3, 3] = 1e-4 * torch.randn(24, 3, generator=generator, dtype=torch.float64)
    write_cameras(CameraTrack(poses, pan.intrinsics, FRAME), tmp_path / "c.txt", "re10k")
    log = Log()
    asked = request(cameras=str(tmp_path / "c.txt"))
    filmed = read_filmed(asked.camera, FRAME, 24, None, log)
    track = camera_track(asked, filmed, SCENE, FRAME, 24, 24.0, log)
    assert extent(track) == 0
    assert "scatters about one point" in log.notices[-1]


def test_a_shape_that_differs_is_said(track_file: Path) -> None:
    log = Log()
    read(track_file, Size(90, 160), 10, log)
    assert "shape 1.7" in log.notices[0]
