"""What real files do to a data set: damage, noise in black, squeezed frames, files that change."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from filmed_data import SIZE, track, write_clip_folder, write_video

from dynascene.datasets.filmed import filmed_clips, survey
from dynascene.datasets.filmed.clip import SOMEBODY_FROM
from dynascene.datasets.filmed.cropping import cover_crop
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.opening import ClipFiles, open_clip
from dynascene.datasets.filmed.reading import read_piece
from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.filmed.survey import open_manifest, write_manifest
from dynascene.errors import InputError
from dynascene.io.cameras import write_cameras
from dynascene.types import CameraTrack, Size

COUNT = 20


def noise(count: int = COUNT) -> np.ndarray:
    random = np.random.default_rng(1)
    return random.integers(0, 255, (count, SIZE.height, SIZE.width, 3), dtype=np.uint8)


def test_a_clip_with_flipped_bits_is_named(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_clip_folder(tmp_path / name, COUNT)
    video = tmp_path / "b" / "video.mp4"
    write_video(video, noise())
    data = bytearray(video.read_bytes())
    place = data.index(b"mdat") + len(data) // 3
    data[place : place + 8] = bytes(b ^ 0xA5 for b in data[place : place + 8])
    video.write_bytes(data)
    write_manifest(tmp_path, shares={"train": 1})  # its table is whole, so it is listed
    filmed_clips._open_clip.cache_clear()
    clips = FilmedClips(tmp_path, size=SIZE, length=COUNT)
    assert clips.clips.names == ["a", "b", "c"]
    assert {clips[k].name for k in range(8)} == {"a", "c"}
    assert clips.broken.names == ["b"]
    assert "video.mp4: the video is damaged" in clips.broken.reasons["b"]


def encode_grey(path: Path, frames: np.ndarray, quantiser: int) -> None:
    """As strongly compressed as mattes come, noise of the source included."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"qp": str(quantiser)})
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.repeat(frame, 3, axis=2))))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("quantiser", [10, 30])
def test_encoded_black_is_nobody(tmp_path: Path, quantiser: int) -> None:
    folder = write_clip_folder(tmp_path / "walk", COUNT)
    survey.survey(Storage.at(tmp_path), shares={"train": 1}).save()  # with somebody
    random = np.random.default_rng(0)
    shape = (COUNT, SIZE.height, SIZE.width, 1)
    encode_grey(folder / "matte.mp4", random.integers(0, 9, shape, dtype=np.uint8), quantiser)
    clips = FilmedClips(tmp_path, size=SIZE, length=6)
    clip = clips[0]
    assert 0 < float(clip.matte.max()) < SOMEBODY_FROM * 255
    assert not clip.has_person
    assert clip.person_frames == []


def test_somebody_small_is_somebody(tmp_path: Path) -> None:
    folder = write_clip_folder(tmp_path / "walk", COUNT)
    frames = np.zeros((COUNT, SIZE.height, SIZE.width, 1), np.uint8)
    frames[7:, 20:26, 30:33] = 255
    encode_grey(folder / "matte.mp4", frames, 30)
    clip = FilmedClips(tmp_path, size=SIZE, length=COUNT)[0]
    assert clip.has_person
    assert clip.person_frames == list(range(7, COUNT))


def test_a_folder_is_surveyed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip_folder(tmp_path / "a", 6)
    seen = []
    whole = survey.survey
    monkeypatch.setattr(survey, "survey", lambda storage: seen.append(1) or whole(storage))
    assert [len(open_manifest(tmp_path)) for _ in range(3)] == [1, 1, 1]
    assert len(seen) == 1
    write_clip_folder(tmp_path / "b", 6)
    assert [len(open_manifest(tmp_path)) for _ in range(2)] == [2, 2]
    assert len(seen) == 2
    os.utime(tmp_path / "a" / "video.mp4", ns=(0, 0))
    assert len(open_manifest(tmp_path)) == 2
    assert len(seen) == 3
    shutil.rmtree(tmp_path / "b")
    assert len(open_manifest(tmp_path)) == 1


def squeezed_track(count: int) -> CameraTrack:
    """Filmed in 64x48 with square pixels, stored in 48x48."""
    given = track(count)
    intrinsics = given.intrinsics.clone()
    intrinsics[:, 1, 1] = intrinsics[:, 0, 0]
    intrinsics[:, 0] *= 0.75
    return CameraTrack(given.cam_from_world, intrinsics, Size(48, 48))


def test_squeezed_frames_get_their_shape_back(tmp_path: Path) -> None:
    y, x = np.mgrid[:48, :48] + 0.5
    disc = np.hypot((x - 24) / 0.75, y - 24) < 16  # round in 64x48
    frames = np.repeat(np.where(disc, 255, 0).astype(np.uint8)[None, ..., None], 6, axis=0)
    write_video(tmp_path / "video.mp4", np.repeat(frames, 3, axis=3))
    write_cameras(squeezed_track(6), tmp_path / "cameras.txt")
    files = ClipFiles(tmp_path / "video.mp4", cameras=tmp_path / "cameras.txt")
    clip = read_piece("disc", open_clip(files), [1, 2, 3], [5, 0, 0], Size(64, 48))
    white = clip.video[0, 0] >= 128
    across, down = int(white.any(dim=0).sum()), int(white.any(dim=1).sum())
    assert abs(across - down) <= 1
    assert across == pytest.approx(32, abs=1)
    k = clip.cameras.intrinsics[0]
    torch.testing.assert_close(k[0, 0], k[1, 1])
    assert float(k[0, 0]) == pytest.approx(50)
    assert clip.others_cameras is not None
    given = squeezed_track(6).cam_from_world
    torch.testing.assert_close(clip.others_cameras.cam_from_world, given[[5, 0, 0]])
    torch.testing.assert_close(clip.cameras.cam_from_world, given[1:4])


def test_estimated_pixels_that_are_nearly_square_stay(tmp_path: Path) -> None:
    folder = write_clip_folder(tmp_path / "walk", 6)  # fx 50, fy 52
    clip = open_clip(ClipFiles(folder / "video.mp4", cameras=folder / "cameras.txt"))
    assert clip.square is clip.cameras


def test_a_crop_of_a_squeezed_frame_is_that_of_the_stretched_one() -> None:
    random = np.random.default_rng(0).integers(0, 255, (5, 40, 3), dtype=np.uint8)
    smooth = np.repeat(random, 8, axis=0)  # blocks: enlarging 2 : 1 downwards is exact within
    stretched = np.repeat(smooth, 2, axis=0)
    torch.testing.assert_close(
        cover_crop([smooth], Size(20, 20), Size(40, 80)).int(),
        cover_crop([stretched], Size(20, 20)).int(),
        atol=15,
        rtol=0,
    )


def test_camera_info_beside_a_video(tmp_path: Path) -> None:
    clip = write_clip_folder(tmp_path / "x", 6)
    shutil.move(clip / "video.mp4", tmp_path / "abc.mp4")
    shutil.rmtree(clip)
    write_cameras(track(6), tmp_path / "abc.camera_info.json", "camera_info")
    manifest = open_manifest(tmp_path)
    assert manifest.names == ["abc"]
    assert manifest[0].has_camera


def test_others_need_cameras_of_their_number(tmp_path: Path) -> None:
    write_clip_folder(tmp_path / "walk", 6)
    clip = FilmedClips(tmp_path, size=SIZE, length=3, others=2)[0]
    with pytest.raises(InputError, match="3 cameras for 64x48, expected 2"):
        replace(clip, others_cameras=clip.cameras)
