from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from filmed_data import SIZE, write_clip_folder

from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.opening import open_record
from dynascene.datasets.filmed.sources import MixedSources
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.errors import InputError
from dynascene.estimators.camera.point_tracks import follow_points
from dynascene.estimators.camera.triangulation import explain_tracks
from dynascene.geometry.tracks import with_square_pixels
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.cameras.re10k import MEDIAN_DEPTH
from dynascene.io.frames import open_frames
from dynascene.synthetic.shots.clips import SyntheticClips
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.types import ArrayFrames, Size

RE10K = Path(__file__).parents[3] / ".." / "shared" / "data" / "re10k"


class Named(torch.utils.data.Dataset):
    """Says which source and number were asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, index: int) -> tuple[str, int]:  # ty: ignore[invalid-method-override]
        return self.name, index


def test_a_run_of_samples_comes_from_one_source() -> None:
    sources = [Named("a"), Named("b")]
    mixed = MixedSources(sources, [1, 2], seed=4, run=5)  # ty: ignore[invalid-argument-type]
    runs = [{mixed[5 * k + i][0] for i in range(5)} for k in range(90)]
    assert all(len(names) == 1 for names in runs)
    assert 0.5 < sum("b" in names for names in runs) / len(runs) < 0.8
    assert [mixed[k][1] for k in range(12)] == list(range(12))


def test_sources_are_drawn_by_weight() -> None:
    mixed = MixedSources([Named("a"), Named("b"), Named("c")], [3, 1, 0.5])  # ty: ignore
    drawn = [mixed[k] for k in range(2000)]
    names = [name for name, _ in drawn]
    for name, weight in (("a", 3), ("b", 1), ("c", 0.5)):
        assert names.count(name) / 2000 == pytest.approx(weight / 4.5, abs=0.03)
    assert [index for _, index in drawn] == list(range(2000))
    assert drawn == [mixed[k] for k in range(2000)]
    other = MixedSources(mixed.sources, [3, 1, 0.5], seed=1)
    assert [other[k] for k in range(100)] != drawn[:100]


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, float("nan")], [1, -1]])
def test_weights_that_mean_nothing(weights: list[float]) -> None:
    with pytest.raises(InputError, match="weights"):
        MixedSources([Named("a"), Named("b")], weights)  # ty: ignore


def test_filmed_and_synthetic_clips_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    shots = SyntheticShots("train", (48, 32), 5, length=10, worlds={"turn": 1.0}, person_share=0.0)
    write_clip_folder(tmp_path / "walk", 8)
    filmed = FilmedClips(tmp_path, size=(48, 32), length=3)
    mixed = MixedSources([filmed, SyntheticClips(shots, 3)], [1, 1], seed=3)
    clips = [mixed[k] for k in range(8)]
    assert {clip.name.split()[0] for clip in clips} == {"walk", "synthetic"}
    assert {tuple(clip.video.shape) for clip in clips} == {(3, 3, 32, 48)}


@pytest.mark.skipif(not RE10K.is_dir(), reason="needs ../shared/data/re10k")
class TestRealEstate10K:
    def test_clips_are_found_without_copying(self, tmp_path: Path) -> None:
        manifest = open_manifest(RE10K, tmp_path / "cache")
        assert len(manifest) == 6
        record = manifest[0]
        assert (record.path, record.frames, record.width, record.height) == (
            "videos/0bf152ef84195293.mp4", 16, 384, 256,
        )  # fmt: skip
        assert record.source == "https://www.youtube.com/watch?v=QShWPZxTDoE"
        assert record.has_camera
        assert not record.has_person
        assert not (tmp_path / "cache").exists()
        assert not (RE10K / "manifest.parquet").exists()

    def test_pieces_carry_their_poses(self) -> None:
        manifest = open_manifest(RE10K)
        split = manifest[0].split
        assert split is not None
        clips = FilmedClips(manifest, split, size=SIZE, length=4)
        clip = clips[0]
        assert not clip.has_person
        assert clip.video.float().std() > 12
        poses = RE10K / "poses" / f"{clip.name}.txt"
        whole = read_cameras(poses, defaults=CameraDefaults(size=Size(384, 256)))
        starts = [
            k
            for k in range(13)
            if torch.equal(whole.cam_from_world[k : k + 4], clip.cameras.cam_from_world)
        ]
        assert len(starts) == 1
        # squeezed from 384x216, which covers 64x48 at 2/9 and loses columns on both sides
        for axis, pixels in ((0, 384), (1, 256)):
            focal = whole.intrinsics[0, axis, axis] / pixels * (384, 216)[axis] * 2 / 9
            torch.testing.assert_close(clip.cameras.intrinsics[0, axis, axis], focal)
        assert float(clip.cameras.intrinsics[0, 0, 2]) == pytest.approx(32)
        assert float(clip.cameras.intrinsics[0, 1, 2]) == pytest.approx(24)

    def test_its_unit_is_the_same_for_every_clip(self) -> None:
        """Near the median depth of each, as it is triangulated with the given cameras."""
        manifest = open_manifest(RE10K)
        records = [manifest[number] for number in range(len(manifest))]
        scales = [open_record(record, manifest.storage).track_scale for record in records]
        assert scales == [1 / MEDIAN_DEPTH] * 6
        for clip, frames in (("2f25826f0d0ef09a", 16), ("3f79dc32d575bcdc", 16)):
            depths = triangulated_depths(clip, frames)
            assert 0.6 < float(np.median(depths)) / MEDIAN_DEPTH < 1.7


def triangulated_depths(clip: str, frames: int) -> np.ndarray:
    """Depths of tracked points in the unit of a clip's poses."""
    video = open_frames(RE10K / "videos" / f"{clip}.mp4")
    stored = read_cameras(RE10K / "poses" / f"{clip}.txt", defaults=CameraDefaults(size=video.size))
    cameras = with_square_pixels(stored)
    upright = [cv2.resize(frame, cameras.size) for frame in video.read(0, frames)]
    tracks = follow_points(ArrayFrames(upright), None)
    poses = cameras.cam_from_world.numpy()
    focal = float(cameras.intrinsics[0, 0, 0]) * tracks.size[0] / cameras.size.width
    explained = explain_tracks(tracks, poses, focal)
    near = explained.errors < 1
    points = explained.points[explained.point_of[near]]
    rows = poses[explained.tracks.frame[near], 2]
    depths = (rows * points).sum(axis=1) / points[:, 3]
    return depths[depths > 0]
