from pathlib import Path

import pytest
import torch
from filmed_data import SIZE, write_clip_folder

from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.sources import MixedSources
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.errors import InputError
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.synthetic.shots.clips import SyntheticClips
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.types import Size

RE10K = Path(__file__).parents[3] / ".." / "shared" / "data" / "re10k"


class Named(torch.utils.data.Dataset):
    """Says which source and number were asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, index: int) -> tuple[str, int]:  # ty: ignore[invalid-method-override]
        return self.name, index


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
