import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from filmed_data import (
    GREY_START,
    GREY_STEP,
    SIZE,
    mattes,
    numbered,
    numbers_of,
    track,
    write_clip_folder,
    write_video,
)
from PIL import Image

from dynascene.datasets.filmed.cropping import cover_crop, cropped_frames, frames_at
from dynascene.datasets.filmed.drawing import draw_frames
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.errors import InputError
from dynascene.geometry.tracks import extent, in_assumed_units, resize_track, scale_track
from dynascene.imaging.pixels import unit_values
from dynascene.io import video_decoding
from dynascene.io.cameras import write_cameras
from dynascene.io.cameras.re10k import MEDIAN_DEPTH
from dynascene.io.frames import open_frames
from dynascene.io.video_writing import ProResWriter
from dynascene.types import ArrayFrames, Size


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    write_clip_folder(root / "walk", 30)
    return root


def clips(folder: Path, length: int = 5, **options) -> FilmedClips:
    return FilmedClips(folder, size=SIZE, length=length, **options)


def test_pieces_hold_the_frames_cameras_and_mattes_of_one_stretch(folder: Path) -> None:
    source = clips(folder, others=2)
    starts = set()
    for index in range(12):
        clip = source[index]
        numbers = numbers_of(clip.video)
        start = numbers[0]
        starts.add(start)
        assert numbers == list(range(start, start + 5))
        expected = track(30)[start : start + 5]
        torch.testing.assert_close(
            clip.cameras.cam_from_world, expected.cam_from_world, atol=1e-12, rtol=0
        )
        torch.testing.assert_close(clip.cameras.intrinsics, expected.intrinsics, atol=1e-9, rtol=0)
        boxes = torch.from_numpy(mattes(30)[start : start + 5]).movedim(-1, 1) / 255
        assert (unit_values(clip.matte) - boxes).abs().mean() < 0.01
        assert (clip.name, clip.has_person, clip.has_camera) == ("walk", True, True)
        others = numbers_of(clip.others)
        assert len(set(others)) == 2
        assert not set(others) & set(numbers)
        for other, matte in zip(others, clip.others_matte, strict=True):
            box = torch.from_numpy(mattes(30)[other]).movedim(-1, 0) / 255
            assert (unit_values(matte) - box).abs().mean() < 0.01
    assert len(starts) > 5


def test_colours_survive(folder: Path) -> None:
    clip = clips(folder)[0]
    expected = GREY_START + GREY_STEP * torch.tensor(numbers_of(clip.video))
    assert (clip.video.int() - expected[:, None, None, None]).abs().max() <= 2
    assert clip.video.dtype == clip.matte.dtype == torch.uint8


def test_the_same_number_is_the_same_piece(folder: Path) -> None:
    first, again, other = clips(folder), clips(folder), clips(folder, seed=1)
    drawn = [numbers_of(first[k].video) for k in range(8)]
    assert drawn == [numbers_of(again[k].video) for k in reversed(range(8))][::-1]
    assert drawn != [numbers_of(other[k].video) for k in range(8)]
    with pytest.raises(IndexError):
        first[-1]


def test_strides(folder: Path) -> None:
    source = clips(folder, strides=(1, 3, 20))
    steps = {tuple(np.diff(numbers_of(source[k].video))) for k in range(12)}
    assert steps == {(1,) * 4, (3,) * 4}  # 20 does not fit


def test_long_strides_alone_leave_short_clips_out(folder: Path) -> None:
    with pytest.raises(InputError, match="none of them has 81 frames"):
        clips(folder, strides=(20,))


@pytest.mark.parametrize("total", [3, 4, 7])
@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("others", [1, 3])
def test_drawn_frames(total: int, length: int, others: int) -> None:
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(200):
        piece, beside = draw_frames(rng, total, length, others, (1, 2))
        seen |= set(piece)
        assert len(piece) == length
        assert len(beside) == others
        assert set(np.diff(piece)) <= {1, 2}
        assert set(piece) | set(beside) <= set(range(total))
        apart = total - (piece[-1] - piece[0] + 1)
        if apart:
            assert not set(beside) & set(range(piece[0], piece[-1] + 1))
        if apart >= others:
            assert len(set(beside)) == others
    assert seen == set(range(total))


def test_frames_come_in_the_order_asked_for() -> None:
    source = ArrayFrames(list(numbered(40)))
    wanted = [33, 2, 3, 2, 20, 39, 0]
    shown = [(int(f[0, 0, 0]) - GREY_START) // GREY_STEP for f in frames_at(source, wanted)]
    assert shown == [int(numbered(40)[k, 0, 0, 0] - GREY_START) // GREY_STEP for k in wanted]
    with pytest.raises(InputError, match="frame 40 of 40"):
        frames_at(source, [3, 40])


def test_only_what_is_needed_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"g": "10", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for k in range(300):
            pixels = np.full((SIZE.height, SIZE.width, 3), k % 250, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    source = open_frames(path)
    decoded: list[int] = []
    original: Callable = video_decoding._sound_frames

    def counting(footage, packet):
        frames = original(footage, packet)
        decoded.extend(range(len(frames)))
        return frames

    monkeypatch.setattr(video_decoding, "_sound_frames", counting)
    frames = frames_at(source, [*range(153, 158), 287])
    assert [round(float(f.mean())) for f in frames] == pytest.approx(
        [153, 154, 155, 156, 157, 37], abs=2
    )
    # each of the two stretches from its keyframe on, and what the decoder has under way
    assert len(decoded) < 60


@pytest.mark.parametrize("size", [Size(30, 30), Size(33, 9), Size(9, 33), Size(96, 72)])
def test_a_point_keeps_its_place_under_the_crop(tmp_path: Path, size: Size) -> None:
    """A bright dot, cropped with its frame, lies where the cropped camera projects its point."""
    cameras = track(1, Size(64, 48))
    point = torch.tensor([0.35, -0.2, 9.0], dtype=torch.float64)
    u, v = project(cameras.cam_from_world[0], cameras.intrinsics[0], point)
    y, x = np.mgrid[0:48, 0:64] + 0.5
    dot = 255 * np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * 3.0**2))
    frame = np.repeat(dot.round().astype(np.uint8)[..., None], 3, axis=2)
    cropped = cover_crop([frame], size)[0, 0].double()
    rows = torch.arange(size.height, dtype=torch.float64) + 0.5
    columns = torch.arange(size.width, dtype=torch.float64) + 0.5
    found = [(cropped.sum(0) @ columns) / cropped.sum(), (cropped.sum(1) @ rows) / cropped.sum()]
    resized = resize_track(cameras, size)
    expected = project(resized.cam_from_world[0], resized.intrinsics[0], point)
    assert [float(f) for f in found] == pytest.approx(expected, abs=0.3)


def project(pose: torch.Tensor, view: torch.Tensor, point: torch.Tensor) -> tuple[float, float]:
    x, y, z = (view @ (pose[:3, :3] @ point + pose[:3, 3])).tolist()
    return x / z, y / z


def test_equal_size_is_left_alone_and_halving_averages() -> None:
    frame = np.random.default_rng(3).integers(0, 256, (12, 16, 3), np.uint8)
    same = cover_crop([frame], Size(16, 12))[0]
    assert torch.equal(same.movedim(0, -1), torch.from_numpy(frame))
    whole = np.asarray(Image.fromarray(frame[..., 1]).resize((8, 6), Image.Resampling.BICUBIC))
    assert np.array_equal(cover_crop([frame], Size(8, 6))[0, 1].numpy(), whole)


@pytest.mark.parametrize("size", [Size(32, 24), Size(32, 20), Size(24, 24), Size(96, 72)])
def test_scaling_while_converting_is_scaling_afterwards(tmp_path: Path, size: Size) -> None:
    """Where the crop lies on whole pixels, what is quicker shows the same."""
    y, x = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
    waves = np.stack([np.sin(x / 8), np.cos(y / 7), np.sin((x + y) / 9)], axis=-1)
    write_video(tmp_path / "waves.mp4", np.tile((waves * 100 + 128).astype(np.uint8), (3, 1, 1, 1)))
    source = open_frames(tmp_path / "waves.mp4")
    quick = cropped_frames(source, [0, 2], size)
    slow = cover_crop(frames_at(source, [0, 2]), size)
    assert quick.shape == (2, 3, size.height, size.width)
    assert (quick.float() - slow.float()).abs().mean() < 1.5  # half a pixel aside is 5


def test_intrinsics_of_pieces_follow_the_crop(folder: Path) -> None:
    clip = FilmedClips(folder, size=(24, 24), length=3)[0]
    # 64x48 → scale 0.5 → 32x24 → 4 columns cut on both sides
    expected = torch.tensor([[25, 0, 31 / 2 - 4], [0, 26, 26 / 2], [0, 0, 1]]).double()
    torch.testing.assert_close(clip.cameras.intrinsics[0], expected)
    assert clip.video.shape == (3, 3, 24, 24)
    assert clip.matte.shape == (3, 1, 24, 24)


def test_a_clip_without_matte_or_cameras(tmp_path: Path) -> None:
    write_clip_folder(tmp_path / "bare", 6, matte=False, cameras=False)
    clip = clips(tmp_path, length=3)[0]
    assert not clip.has_person
    assert not clip.has_camera
    assert not torch.any(clip.matte)
    assert torch.equal(clip.cameras.cam_from_world, torch.eye(4).double().expand(3, 4, 4))


def test_alpha_is_the_matte(tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    with ProResWriter(tmp_path / "cut" / "video.mov", SIZE, Fraction(24)) as writer:
        for frame in np.concatenate([numbered(9), mattes(9)], axis=3):
            writer.write(frame)
    write_cameras(track(9), tmp_path / "cut" / "cameras.txt")
    clip = clips(tmp_path, length=3)[0]
    start = numbers_of(clip.video)[0]
    boxes = torch.from_numpy(mattes(9)[start : start + 3]).movedim(-1, 1) / 255
    assert (unit_values(clip.matte) - boxes).abs().mean() < 0.01
    assert numbers_of(clip.video) == [start, start + 1, start + 2]


def test_cameras_in_another_format(tmp_path: Path) -> None:
    write_clip_folder(tmp_path / "a", 6, cameras=False)
    write_cameras(track(6), tmp_path / "a" / "cameras.json")
    clip = clips(tmp_path, length=6)[0]
    torch.testing.assert_close(clip.cameras.cam_from_world, track(6).cam_from_world)
    torch.testing.assert_close(clip.cameras.intrinsics, track(6).intrinsics)


def test_cameras_of_a_larger_frame_are_scaled(tmp_path: Path) -> None:
    write_clip_folder(tmp_path / "a", 6, cameras=False)
    large = track(6, Size(128, 96))
    write_cameras(large, tmp_path / "a" / "cameras.json")
    clip = clips(tmp_path, length=6)[0]
    torch.testing.assert_close(clip.cameras.intrinsics[:, :2], large.intrinsics[:, :2] / 2)


def test_pieces_of_a_clip_share_its_unit(tmp_path: Path) -> None:
    """Assumed of the whole clip as in sampling, or as curation measured it."""
    folder = write_clip_folder(tmp_path / "clips" / "walk", 30).parent
    whole = in_assumed_units(track(30))
    scales = {clips(folder)[index].track_scale for index in range(4)}
    (scale,) = scales
    assert scale == pytest.approx(extent(whole) / extent(track(30)))
    meta = {"values": {"camera.travel": 0.6}}
    curated = write_clip_folder(tmp_path / "curated" / "walk", 30)
    (curated / "meta.json").write_text(json.dumps(meta))
    scale = clips(curated.parent)[0].track_scale
    assert scale == pytest.approx(0.6 / extent(track(30)))
    for number, values in enumerate((None, [0.6], {"camera.travel": None})):  # not measured
        other = write_clip_folder(tmp_path / f"other{number}" / "walk", 30)
        (other / "meta.json").write_text(json.dumps({"values": values}))
        assert {clips(other.parent)[0].track_scale} == scales


def test_realestate10k_has_a_unit_of_its_own(tmp_path: Path) -> None:
    """Its files begin with the address of the video; others of the same format do not."""
    scales = []
    for name, heading in (("own", None), ("dataset", "https://www.youtube.com/watch?v=x")):
        for speed in (1.0, 3.0):
            folder = tmp_path / f"{name}-{speed:g}"
            clip = write_clip_folder(folder / "walk", 12)
            write_cameras(scale_track(track(12), speed), clip / "cameras.txt")
            lines = (clip / "cameras.txt").read_text().splitlines()
            lines[0] = heading or lines[0]
            (clip / "cameras.txt").write_text("\n".join(lines) + "\n")
            scales.append(clips(folder)[0].track_scale)
    assert scales[0] == pytest.approx(3 * scales[1])  # unknown: both travel as far
    assert scales[2] == scales[3] == 1 / MEDIAN_DEPTH  # known: one of them is three times as fast
