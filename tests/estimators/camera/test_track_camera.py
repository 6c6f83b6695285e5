"""From pictures to a camera and a verdict."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from seen_points import FOCAL, SIZE, noise_picture, see, space_points, travelling, turning

from dynascene.errors import InputError
from dynascene.estimators.camera import TrackingOptions, track_camera
from dynascene.estimators.camera.candidates import (
    LEAST_RISE,
    CameraCandidate,
    focal_range,
    rotation_candidate,
    settle_rotation,
    static_candidate,
)
from dynascene.estimators.camera.rotation import fit_rotation
from dynascene.estimators.camera.verdict import judge, measure
from dynascene.geometry.rigid import rotation_angle
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.frames import open_frames
from dynascene.io.mattes import open_matte
from dynascene.types import ArrayFrames, Size

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
PICTURE = Size(240, 136)


def panned(frames: int, degrees: float, focal: float) -> tuple[ArrayFrames, np.ndarray]:
    """A level pan over a far wall of noise: frames, and rotations [F, 3, 3]."""
    wall = noise_picture(300, 600, 4)
    middle = np.array([[1, 0, PICTURE.width / 2], [0, 1, PICTURE.height / 2], [0, 0, 1.0]])
    K = middle @ np.diag([focal, focal, 1])
    shift = np.array([[1, 0, 300], [0, 1, 150], [0, 0, 1.0]]) @ np.diag([focal, focal, 1])
    corner = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # OpenCV's centres → ours
    pictures = []
    rotations = turning(frames, degrees)[:, :3, :3]
    for rotation in rotations:
        there = np.linalg.inv(corner) @ K @ rotation @ np.linalg.inv(shift) @ corner
        pictures.append(cv2.warpPerspective(wall, there, PICTURE, flags=cv2.INTER_CUBIC))
    return ArrayFrames(pictures), rotations


def test_a_pan_of_pictures() -> None:
    frames, truth = panned(8, 15.0, 260.0)
    found = track_camera(frames)
    assert (found.kind, found.verdict, found.focal_source) == ("rotation", "good", "estimated")
    assert found.track is not None
    assert found.track.size == PICTURE
    turned = found.track.cam_from_world[:, :3, :3] @ torch.from_numpy(truth).mT
    assert rotation_angle(turned).max() < 0.2
    assert found.focal == pytest.approx(260, rel=0.02)
    assert found.clip is not None
    assert found.clip.turn_error < 0.5
    assert len(found.frames) == 8


def test_a_standing_camera_before_a_walker() -> None:
    """The person fills a third of the picture and moves; the matte takes it out."""
    wall, walker = noise_picture(136, 240), noise_picture(136, 80, 7)
    frames, mattes = [], []
    for index in range(6):
        left = 20 + 22 * index
        frame, matte = wall.copy(), np.zeros((136, 240, 1), np.uint8)
        frame[:, left : left + 80], matte[:, left : left + 80] = walker, 255
        frames.append(frame)
        mattes.append(matte)
    found = track_camera(ArrayFrames(frames), ArrayFrames(mattes))
    assert (found.kind, found.verdict, found.focal_source) == ("static", "good", "assumed")
    assert found.track is not None
    assert torch.equal(found.track.cam_from_world, torch.eye(4).double().expand(6, 4, 4))
    report = found.report()
    assert report["clip"]["registered_share"] == 1
    assert [frame["interpolated"] for frame in report["frames"]] == [False] * 6


def test_a_given_focal_length_is_for_the_frames_size() -> None:
    """1536 pixels wide: the working picture has half the size."""
    wide = np.kron(noise_picture(60, 192), np.ones((8, 8, 1), np.uint8))
    found = track_camera(ArrayFrames([wide, wide]), options=TrackingOptions(1200.0))
    assert found.track is not None
    assert found.track.intrinsics[0].diagonal().tolist() == [1200, 1200, 1]
    assert found.working_size.width == 768


@pytest.mark.parametrize("value", [0, 128])
def test_nothing_to_follow_fails(value: int) -> None:
    found = track_camera(ArrayFrames([np.full((80, 120, 3), value, np.uint8)] * 4))
    assert (found.track, found.verdict) == (None, "failed")
    assert "too few points" in found.reasons[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_fails_though_a_camera_fits_what_is_left_of_its_points(seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = ArrayFrames([random.integers(0, 255, (136, 240, 3), np.uint8) for _ in range(12)])
    tracked = track_camera(noise)
    assert tracked.verdict == "failed"
    assert tracked.track is None
    assert any("followed to the next frame" in reason for reason in tracked.reasons)


def test_one_frame_is_refused() -> None:
    with pytest.raises(InputError, match="at least two"):
        track_camera(ArrayFrames([noise_picture(60, 90)]))


@pytest.mark.parametrize("focal", [0.0, -5.0, float("nan"), float("inf")])
def test_focal_lengths_that_are_none(focal: float) -> None:
    with pytest.raises(InputError, match="positive number of pixels"):
        TrackingOptions(focal)


def candidate_of(degrees: float) -> tuple[CameraCandidate, tuple]:
    tracks = see(space_points(400), turning(8, degrees), noise=0.1)
    fit = fit_rotation(tracks.fitted())
    assert fit is not None
    candidate = settle_rotation(tracks, rotation_candidate(tracks, fit, focal_given=False))
    return candidate, judge(candidate, measure(tracks, candidate)[0])


def test_a_small_pan_does_not_tell_the_focal_length() -> None:
    wide, (verdict, reasons) = candidate_of(25.0)
    assert (wide.focal_source, verdict, reasons) == ("estimated", "good", [])
    small, (verdict, reasons) = candidate_of(0.3)
    assert (small.focal_source, verdict) == ("assumed", "doubtful")
    assert any("focal length" in reason for reason in reasons)


def test_the_range_of_the_focal_length_is_where_the_error_hardly_rises() -> None:
    """Against a parabola of known width: 1 % above its lowest value."""
    spread = 0.05

    def error(focal: float) -> float:
        return 0.5 * (1 + LEAST_RISE * (np.log(focal / 900) / spread) ** 2)

    low, high = focal_range(900.0, 0.5, error) or (0.0, 0.0)
    assert np.log([low / 900, high / 900]) == pytest.approx([-spread, spread], abs=1e-6)
    assert focal_range(900.0, 0.5, lambda focal: 0.502) is None
    lost = focal_range(900.0, 0.5, lambda focal: np.inf if focal > 900 else error(focal))
    assert lost is not None
    assert lost[0] < 900 < lost[1]


def test_a_clip_that_does_not_tell_its_lens_takes_that_of_its_file() -> None:
    tracks = see(space_points(400), turning(8, 0.3), noise=0.1)
    fit = fit_rotation(tracks.fitted())
    assert fit is not None
    tagged = 1.1 * FOCAL
    small = settle_rotation(tracks, rotation_candidate(tracks, fit, False), tagged)
    assert (small.focal, small.focal_source) == (tagged, "tagged")
    tracks = see(space_points(400), turning(8, 25.0), noise=0.1)
    fit = fit_rotation(tracks.fitted())
    assert fit is not None
    wide = settle_rotation(tracks, rotation_candidate(tracks, fit, False), tagged)
    assert wide.focal_source == "estimated"
    assert wide.focal == pytest.approx(FOCAL, rel=0.02)
    assert wide.focal_range is not None
    assert wide.focal_range[0] < wide.focal < wide.focal_range[1] < tagged
    still = static_candidate(see(space_points(50), turning(8, 0.0)), None, tagged)
    assert (still.focal, still.focal_source) == (tagged, "tagged")


def test_a_wrong_camera_fails() -> None:
    tracks = see(space_points(300), travelling(8, (4.0, 0.0, 0.0)))
    standing = static_candidate(tracks, FOCAL)
    verdict, reasons = judge(standing, measure(tracks, standing)[0])
    assert verdict == "failed"
    assert len(reasons) >= 2


def test_figures_of_a_frame_without_a_camera() -> None:
    tracks = see(space_points(300), travelling(6))
    poses = travelling(6)
    poses[4] = np.nan
    candidate = replace(static_candidate(tracks, FOCAL), kind="general", cam_from_world=poses)
    clip, frames = measure(tracks, candidate)
    assert [frame.interpolated for frame in frames] == [False] * 4 + [True, False]
    assert (frames[4].error, frames[4].inliers, frames[4].coverage) == (None, 0, 0)
    assert clip.registered_share == pytest.approx(5 / 6)
    assert clip.held_out_error == pytest.approx(0, abs=1e-4)
    left = tracks.point[tracks.frame == 0] / SIZE * (8, 6)
    assert frames[0].coverage <= len(np.unique(left.astype(int), axis=0)) / 48


@pytest.mark.long
@pytest.mark.skipif(not DATA.is_dir(), reason="the real clips are not at hand")
class TestRealClips:
    def test_bmx_trees_turns(self) -> None:
        frames = open_frames(DATA / "people" / "bmx-trees" / "frames")
        found = track_camera(frames, open_matte(DATA / "people" / "bmx-trees" / "masks", frames))
        assert found.kind == "rotation"
        assert found.track is not None
        assert found.clip is not None
        assert found.clip.turn_error < 0.5
        assert 40 < rotation_angle(found.track.cam_from_world[-1, :3, :3]) < 60

    def test_the_juggler_is_filmed_from_a_tripod(self) -> None:
        found = track_camera(open_frames(DATA / "people" / "static_camera_juggle.mp4"))
        assert (found.kind, found.verdict) == ("static", "good")

    def test_re10k_against_its_poses(self) -> None:
        pytest.importorskip("pycolmap")
        name = "0bf152ef84195293"
        size = Size(456, 256)  # the frames are squeezed from 16:9
        source = open_frames(DATA / "re10k" / "videos" / f"{name}.mp4")
        frames = ArrayFrames([cv2.resize(frame, size) for frame in source.read()])
        truth = read_cameras(
            DATA / "re10k" / "poses" / f"{name}.txt", "re10k", CameraDefaults(size=size)
        )
        found = track_camera(frames)
        assert (found.kind, found.verdict) == ("general", "good")
        assert found.track is not None
        turn = found.track.cam_from_world[:, :3, :3]
        known = truth.cam_from_world[:, :3, :3] @ truth.cam_from_world[:1, :3, :3].mT
        assert rotation_angle(turn @ known.mT).median() < 0.5
        assert found.focal == pytest.approx(truth.intrinsics[0, 0, 0].item(), rel=0.02)
