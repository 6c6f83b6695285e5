from pathlib import Path

import numpy as np
import pytest
import torch
from painted import clip_of, write_frames

from dynascene.curation.clip import Clip
from dynascene.curation.stages import camera
from dynascene.curation.stages.camera import CameraConfig, CameraStage, camera_motion
from dynascene.curation.stages.seen_points import SeenPoints
from dynascene.estimators.camera import TrackedCamera
from dynascene.estimators.camera.verdict import ClipFigures
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import rotation_about
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.types import ArrayFrames, CameraTrack, Size

SIZE, COUNT = Size(48, 32), 5
FIGURES = ClipFigures(0.3, 0.4, 0.95, 1.0, 0.5, 0.9, None)


def found(kind: str, verdict: str, *, turn: float = 0.0, step: float = 0.0) -> TrackedCamera:
    """A camera that turns by ``turn`` degrees and goes ``step`` to the right with each frame."""
    poses = torch.eye(4, dtype=torch.float64).repeat(COUNT, 1, 1)
    poses[:, :3, :3] = rotation_about("y", turn * torch.arange(COUNT, dtype=torch.float64))
    poses[:, 0, 3] = -step * torch.arange(COUNT)
    view = intrinsics_matrix(50, 50, SIZE.width / 2, SIZE.height / 2).expand(COUNT, 3, 3)
    track = None if verdict == "failed" else CameraTrack(poses, view, SIZE)
    return TrackedCamera(
        track, kind, verdict, ("too blurred",), "x", 50.0, "estimated", SIZE, FIGURES
    )  # ty: ignore[invalid-argument-type]


def judged(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tracked: TrackedCamera,
    config: CameraConfig | None = None,
) -> Clip:
    monkeypatch.setattr(camera, "track_camera", lambda frames, matte: tracked)
    frames = [np.full((SIZE.height, SIZE.width, 3), 90, np.uint8)] * (COUNT + 2)
    video = write_frames(folder / "v.mp4", frames)
    (clip,) = CameraStage(config or CameraConfig())(clip_of(video, COUNT + 2, 2), folder)
    return clip


def test_a_good_camera_is_written_as_it_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = found("rotation", "good", turn=3.0)
    clip = judged(tmp_path, monkeypatch, tracked)
    assert clip.is_kept
    assert clip.values["camera.kind"] == "rotation-only"
    assert clip.values["camera.rotation_only"] is True
    assert clip.values["camera.verdict"] == "good"
    assert clip.values["camera.error"] == 0.4
    assert clip.values["camera.registered"] == 1.0
    assert clip.values["camera.coverage"] == 0.5
    assert clip.values["camera.turn"] == pytest.approx(3.0 * (COUNT - 1))
    assert clip.values["camera.travel"] == 0.0
    assert (tmp_path / clip.files["track"]).name == "cameras.track.json"
    read = read_cameras(tmp_path / clip.files["cameras"], defaults=CameraDefaults(size=SIZE))
    assert tracked.track is not None
    torch.testing.assert_close(read.cam_from_world, tracked.track.cam_from_world)
    torch.testing.assert_close(read.intrinsics, tracked.track.intrinsics)


@pytest.mark.parametrize(
    ("kind", "verdict", "worst", "expected"),
    [
        ("rotation", "doubtful", "good", "camera-doubtful"),
        ("rotation", "doubtful", "doubtful", None),
        ("general", "failed", "doubtful", "camera-failed"),
        ("static", "good", "good", "static-camera"),
        ("static", "failed", "good", "camera-failed"),
    ],
)
def test_the_gate(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    verdict: str,
    worst: str,
    expected: str | None,
) -> None:
    config = CameraConfig(worst=worst)  # ty: ignore[invalid-argument-type]
    clip = judged(tmp_path, monkeypatch, found(kind, verdict), config)
    assert (clip.rejection and clip.rejection.code) == expected
    assert clip.values["camera.verdict"] == verdict
    assert ("cameras" in clip.files) == clip.is_kept == (tmp_path / "cameras.txt").exists()


def test_a_static_camera_may_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = judged(tmp_path, monkeypatch, found("static", "good"), CameraConfig(keep_static=True))
    assert clip.is_kept
    assert clip.values["camera.kind"] == "static"


def test_travel_is_told_in_depths_of_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.array([[0, 0, 8.0, 1], [1, 1, 16.0, 2], [0, 0, -3, 1], [0, 0, 1, 0], [0, 0, 9, 1]])
    seen = SeenPoints(points, np.zeros(5, int), np.arange(5), np.zeros((5, 2)))
    monkeypatch.setattr(camera, "seen_points", lambda *_: seen)
    frames = ArrayFrames([np.zeros((4, 4, 3), np.uint8)])
    motion = camera_motion(frames, None, found("general", "good", step=0.5))
    assert motion.travel == pytest.approx(0.5 * (COUNT - 1) / 8)  # of the depths 8, 8 and 9
    assert motion.turn == pytest.approx(0, abs=1e-6)


def test_a_still_picture_of_a_textured_place_is_a_static_camera(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8).repeat(6, 0)
    picture = np.ascontiguousarray(picture.repeat(6, 1))
    video = write_frames(tmp_path / "v.mp4", [picture] * 6)
    (clip,) = CameraStage()(clip_of(video, 6), tmp_path)
    assert clip.rejection is not None
    assert clip.rejection.code == "static-camera"


def test_one_frame_shows_no_motion(tmp_path: Path) -> None:
    video = write_frames(tmp_path / "v.mp4", [np.zeros((32, 48, 3), np.uint8)] * 2)
    (clip,) = CameraStage()(clip_of(video, 1), tmp_path)
    assert clip.rejection is not None
    assert clip.rejection.code == "untrackable"
