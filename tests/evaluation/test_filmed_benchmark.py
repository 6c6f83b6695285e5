"""Filmed clips as a benchmark: the truth is the video, the guide what generation would make."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dynascene.errors import InputError
from dynascene.evaluation.benchmarks import open_benchmark
from dynascene.evaluation.filmed_benchmark import FilmedBenchmark, frame_stride
from dynascene.evaluation.filmed_scenes import filmed_batch, lifted
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import relative_to_first, rigid, rotation_about
from dynascene.geometry.tracks import EXTENT_WHERE_UNKNOWN, extent
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.types import CameraTrack, Size

RE10K = Path(__file__).parents[2] / ".." / "shared" / "data" / "re10k"
SIZE = Size(96, 54)


def forward_track(count: int, size: Size = SIZE) -> CameraTrack:
    """Ahead in a unit of 700, turned by 30 degrees in its world."""
    centres = torch.zeros(count, 3, dtype=torch.float64)
    centres[:, 2] = 700 * torch.linspace(0, 1, count)
    rotation = rotation_about("y", torch.zeros(count, dtype=torch.float64))
    world = rigid(rotation_about("y", 30.0), torch.tensor([5.0, 6, 7]).double())
    poses = rigid(rotation, -centres) @ world
    return CameraTrack(poses, intrinsics_from_fov(70, size).expand(count, 3, 3), size)


def picture(size: Size = SIZE) -> np.ndarray:
    random = np.random.default_rng(0).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    return np.array(Image.fromarray(random).resize(size, Image.Resampling.BICUBIC))


def write_clip(folder: Path, count: int, *, matte: bool = False, source: str = "") -> None:
    folder.mkdir(parents=True)
    for name in ("video.mp4", *(["matte.mp4"] if matte else [])):
        with H264Writer(folder / name, SIZE, Fraction(24)) as writer:
            for k in range(count):
                writer.write(
                    np.roll(picture(), k, axis=1) if name[0] == "v" else picture()[..., :1]
                )
    write_cameras(forward_track(count), folder / "cameras.txt")
    (folder / "meta.json").write_text(f'{{"source": "{source}"}}' if source else "{}")


def test_the_first_frame_is_the_picture() -> None:
    scene = lifted(picture(), forward_track(5))
    batch = filmed_batch(forward_track(5), scene)
    assert batch.guide is not None
    assert batch.guide_visibility is not None
    assert batch.guide_visibility[0, 0].float().mean() > 0.97  # all but the border's rounding
    shown = batch.guide[0, 0, :, 3:-3, 3:-3] - batch.scene_image[0, :, 3:-3, 3:-3]
    assert float(shown.abs().mean()) < 0.03
    assert not batch.matte.any()
    assert "video" not in batch


def test_nothing_is_told_that_a_user_does_not_know() -> None:
    """Unit and world of the given track make no difference."""
    track = forward_track(9)
    scene = lifted(picture(), track)
    told = filmed_batch(track, scene)
    scaled = track.cam_from_world.clone()
    scaled[:, :3, 3] *= 0.01
    other = filmed_batch(CameraTrack(scaled, track.intrinsics, SIZE), scene)
    torch.testing.assert_close(told.cam_from_world, other.cam_from_world, atol=1e-6, rtol=0)
    cameras = CameraTrack(relative_to_first(told.cam_from_world[0]), told.intrinsics[0], SIZE)
    assert 0 < extent(cameras) <= EXTENT_WHERE_UNKNOWN + 1e-9


def test_clips_without_persons_in_order(tmp_path: Path) -> None:
    write_clip(tmp_path / "a", 30, source="film 1")
    write_clip(tmp_path / "b", 5, source="film 1")
    write_clip(tmp_path / "c", 5, matte=True)
    benchmark = FilmedBenchmark(str(tmp_path), size=SIZE)
    assert len(benchmark) == 2
    shots = [benchmark[k] for k in range(2)]
    assert [shot.name for shot in shots] == ["000 a", "001 b"]
    assert {shot.place for shot in shots} == {"film 1"}
    assert [shot.truth.shape for shot in shots] == [(24, 54, 96, 3), (5, 54, 96, 3)]
    rolled = np.roll(picture(), 3, axis=1).astype(int)
    assert np.abs(shots[0].truth[3] - rolled).mean() < 12  # the codec's doing
    np.testing.assert_array_equal(shots[1].batch.intrinsics[0], forward_track(5).intrinsics)
    with pytest.raises(IndexError):
        benchmark[2]
    assert len(FilmedBenchmark(str(tmp_path), clips=1)) == 1


def test_names_of_benchmarks(tmp_path: Path) -> None:
    write_clip(tmp_path / "a", 5)
    for text in (f"re10k:{tmp_path}", f"filmed:{tmp_path}", f"re10k:{tmp_path}:train"):
        assert len(open_benchmark(text, 32, 0)) == 1
    assert "all splits" in open_benchmark(f"re10k:{tmp_path}", 32, 0).name
    for text, message in (
        ("re10k:", "names no folder"),
        ("re10k:/no/such/folder", "there is no such folder"),
        (f"re10k:{tmp_path}:test", "no clip with cameras and without a person in split test"),
        ("filmd:x", "no such benchmark"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            open_benchmark(text, 32, 0)
        assert "\n" not in str(caught.value)


def test_photographs_are_for_rendered_clips(tmp_path: Path) -> None:
    write_clip(tmp_path / "a", 5)
    for imagery in (tmp_path, (str(tmp_path),)):
        with pytest.raises(InputError, match=r"^`imagery`: re10k:.* is filmed; leave it out"):
            open_benchmark(f"re10k:{tmp_path}", 1, 0, imagery=imagery)
    assert len(open_benchmark(f"re10k:{tmp_path}", 1, 0, imagery=())) == 1


def test_a_stride_is_a_whole_number_that_the_clip_has_room_for() -> None:
    assert frame_stride(100, 3, 24, None) == 1
    assert frame_stride(100, 3, 24, 1) == 12
    assert frame_stride(100, 24, 24, 1) == 1  # a second is 23 steps and some
    assert frame_stride(100, 3, 0, 1) == 12  # a rate that is not known is 24
    assert frame_stride(16, 3, 24, 1) == 7
    assert frame_stride(2, 2, 24, 1) == 1
    assert frame_stride(100, 5, 30, 0.01) == 1


def test_a_filmed_clip_spans_what_is_asked_for(tmp_path: Path) -> None:
    write_clip(tmp_path / "a", 30)
    whole = FilmedBenchmark(str(tmp_path), size=SIZE, frames=30)[0]
    benchmark = open_benchmark(f"re10k:{tmp_path}", 1, 0, 3, None, SIZE, 1.0)
    assert np.array_equal(benchmark[0].truth, whole.truth[[0, 12, 24]])
    assert "span 1 s" in benchmark.note
    for text, seconds, message in (
        ("synthetic", 1, "is rendered"),
        (f"re10k:{tmp_path}", 0, "more than 0"),
    ):
        with pytest.raises(InputError, match=f"`seconds`.*{message}"):
            open_benchmark(text, 1, 0, 3, None, SIZE, seconds)


@pytest.mark.skipif(not RE10K.is_dir(), reason="needs ../shared/data/re10k")
def test_real_clips() -> None:
    benchmark = open_benchmark(f"re10k:{RE10K}", 2, 0, frames=6)
    shot = benchmark[1]
    batch = shot.batch
    assert batch.size == Size(256, 144)
    assert shot.truth.shape == (6, 144, 256, 3)
    k = batch.intrinsics[0, 0]
    assert float(k[0, 0]) == pytest.approx(float(k[1, 1]), rel=1e-3)  # squeezed in the file
    assert batch.guide is not None
    first = (batch.guide[0, 0].permute(1, 2, 0) / 2 + 0.5) * 255
    assert float((first - torch.from_numpy(shot.truth[0])).abs().mean()) < 3
    assert shot.place.startswith("https://")
