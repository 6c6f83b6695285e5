"""Clips with a person: their place from another frame, the person taken out."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dynascene.evaluation.benchmarks import open_benchmark
from dynascene.evaluation.filmed_benchmark import FilmedBenchmark
from dynascene.evaluation.protocol import regions
from dynascene.evaluation.self_reconstruction import scene_number
from dynascene.evaluation.systems import Projection, Still
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.imaging.clip_metrics import psnr
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.types import Batch, CameraTrack, Size

SIZE, FRAMES = Size(160, 96), 8
PERSON = (210, 20, 30)


def track(frames: int = FRAMES) -> CameraTrack:
    """A pan of 3 degrees a frame, in a world of its own."""
    yaws = 20.0 + 3 * torch.arange(frames, dtype=torch.float64)
    poses = rigid(rotation_about("y", yaws), torch.zeros(frames, 3, dtype=torch.float64))
    return CameraTrack(poses, intrinsics_from_fov(55, SIZE).expand(frames, 3, 3), SIZE)


def filmed(cameras: CameraTrack) -> np.ndarray:
    """What the camera sees of a smooth panorama, uint8 [F, H, W, 3]."""
    small = np.random.default_rng(0).integers(60, 200, (16, 60, 3), dtype=np.uint8)
    panorama = np.array(Image.fromarray(small).resize((2000, 300), Image.Resampling.BICUBIC))
    u, v = np.meshgrid(np.arange(SIZE.width) + 0.5, np.arange(SIZE.height) + 0.5)
    frames = []
    for pose, k in zip(cameras.cam_from_world.numpy(), cameras.intrinsics.numpy(), strict=True):
        rays = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(k).T @ pose[:3, :3]
        azimuth = np.arctan2(rays[..., 0], rays[..., 2])
        height = rays[..., 1] / np.hypot(rays[..., 0], rays[..., 2])
        column = (1000 + 500 * azimuth).round().astype(int) % 2000
        row = (150 + 300 * height).round().astype(int).clip(0, 299)
        frames.append(panorama[row, column])
    return np.stack(frames)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody in red before a panorama; and the same without a matte."""
    root = tmp_path_factory.mktemp("clips")
    frames = filmed(track())
    matte = np.zeros((FRAMES, SIZE.height, SIZE.width, 1), np.uint8)
    for t in range(FRAMES):
        matte[t, 30:80, 60 + 2 * t : 84 + 2 * t] = 255
    shown = np.where(matte == 255, np.array(PERSON, np.uint8), frames)
    for name, films in (("person", (("video.mp4", shown), ("matte.mp4", matte))),
                        ("place", (("video.mp4", frames),))):  # fmt: skip
        (root / name).mkdir()
        for file, images in films:
            with H264Writer(root / name / file, SIZE, Fraction(24)) as writer:
                for image in images:
                    writer.write(image)
        write_cameras(track(), root / name / "cameras.txt")
        (root / name / "meta.json").write_text("{}")
    return root


def test_the_scene_is_the_frame_after_those_that_are_judged() -> None:
    assert scene_number(30, range(24)) == 24
    assert scene_number(24, range(24)) == 23
    assert scene_number(8, range(8)) == 7
    assert scene_number(30, range(0, 21, 7)) == 10  # of 0, 7, 14
    assert scene_number(16, range(0, 16, 8)) == 4


def test_people_and_places_are_benchmarks_of_their_own(folder: Path) -> None:
    people = open_benchmark(f"people:{folder}", 32, 0, 5, None, SIZE)
    assert people.name == f"people:{folder.name}, all splits"
    assert "black" in people.note
    assert [people[k].name for k in range(len(people))] == ["000 person"]
    places = open_benchmark(f"re10k:{folder}", 32, 0, 5, None, SIZE)
    assert [places[k].name for k in range(len(places))] == ["000 place"]


def test_the_person_is_told_and_not_in_the_scene_picture(folder: Path) -> None:
    shot = FilmedBenchmark(str(folder), size=SIZE, frames=5, people=True)[0]
    batch = shot.batch
    assert shot.truth.shape == (5, SIZE.height, SIZE.width, 3)
    assert batch.matte.shape == (1, 5, 1, SIZE.height, SIZE.width)
    assert float(batch.matte[0, 0, 0, 50, 70]) > 0.9
    person = (batch.foreground[0, 0, :, 50, 70].numpy() + 1) * 127.5
    assert np.abs(person - PERSON).max() < 25  # the codec's doing
    assert not batch.foreground[0, 0, :, 50, 20].any()
    hidden = batch.scene_visibility[0, 0] == 0
    assert hidden[50, 82]  # frame 5: columns 70 to 94
    assert 0.1 < float(hidden.float().mean()) < 0.4
    assert (batch.scene_image[0][:, hidden] == -1).all()
    red = (batch.scene_image[0, 0] > 0.5) & (batch.scene_image[0, 1] < -0.5)
    assert not red.any()
    assert "video" not in batch


def test_the_true_camera_rebuilds_the_place_where_the_picture_shows_it(folder: Path) -> None:
    shot = FilmedBenchmark(str(folder), size=SIZE, frames=5, people=True)[0]
    masks = regions(shot.batch)
    rebuilt = Projection().render(shot.inputs, 0)["projection"]
    still = Still().render(shot.inputs, 0)["still"]
    assert 0.3 < masks["seen"].sum() / masks["whole"].sum() < 0.95
    assert psnr(rebuilt, shot.truth, masks["seen"]) > 26
    assert psnr(rebuilt, shot.truth, masks["seen"]) > psnr(still, shot.truth, masks["seen"]) + 8


def test_where_the_person_stood_in_the_picture_nothing_is_seen(folder: Path) -> None:
    shot = FilmedBenchmark(str(folder), size=SIZE, frames=8, people=True)[0]  # the scene is frame 7
    assert shot.batch.guide_visibility is not None
    last = shot.batch.guide_visibility[0, -1, 0]
    assert float(last[55, 86]) < 0.05
    assert float(last[55, 20]) > 0.95
    sameness = np.abs(
        shot.batch.scene_image[0].numpy() - shot.truth[7].transpose(2, 0, 1) / 127.5 + 1
    )
    assert sameness[:, :, :40].mean() < 0.05


def test_frames_that_span_some_time_show_the_whole_pan(folder: Path) -> None:
    """Of 8 frames at 24 a second, three over a quarter of a second are 0, 3 and 6."""
    options = {"size": SIZE, "frames": 3, "people": True}
    neighbours = FilmedBenchmark(str(folder), **options)[0]
    spread = FilmedBenchmark(str(folder), **options, seconds=0.25)[0]
    assert [degrees_turned(shot.batch) for shot in (neighbours, spread)] == pytest.approx([6, 18])
    whole = FilmedBenchmark(str(folder), size=SIZE, frames=8, people=True)[0]
    assert np.array_equal(spread.truth, whole.truth[[0, 3, 6]])
    assert torch.equal(spread.batch.matte, whole.batch.matte[:, [0, 3, 6]])
    still_more = FilmedBenchmark(str(folder), **options, seconds=60)[0]
    assert degrees_turned(still_more.batch) == pytest.approx(18)  # the clip has no more


def degrees_turned(batch: Batch) -> float:
    first, last = batch.cam_from_world[0, [0, -1], :3, :3].double()
    cosine = (torch.trace(first.T @ last) - 1) / 2
    return math.degrees(math.acos(float(cosine.clamp(-1, 1))))


def test_any_size(folder: Path) -> None:
    shot = FilmedBenchmark(str(folder), size=Size(96, 72), frames=3, people=True)[0]
    assert shot.truth.shape == (3, 72, 96, 3)
    assert shot.batch.scene_image.shape == (1, 3, 72, 96)
