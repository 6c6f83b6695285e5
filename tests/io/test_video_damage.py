"""Reading videos: what cannot be used is said in one line; damage loses no more than it must."""

from pathlib import Path

import av
import numpy as np
import pytest
from clips import numbered_frames, write_clip

from dynascene.errors import InputError
from dynascene.io.video import open_video

FRAMES = 31


def _no_index(tmp_path: Path) -> Path:
    whole = write_clip(tmp_path / "whole.mp4", numbered_frames(9)).read_bytes()
    path = tmp_path / "cut.mp4"  # without faststart the index comes last
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def _file(tmp_path: Path, name: str, content: bytes) -> Path:
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def _only_sound(tmp_path: Path) -> Path:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return tmp_path / "a.mp4"


def _no_frames(tmp_path: Path) -> Path:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    return tmp_path / "a.mp4"


def _all_damaged(tmp_path: Path) -> Path:
    path = write_clip(tmp_path / "a.mp4", numbered_frames(9))
    data = bytearray(path.read_bytes())
    begin, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    return path


def _picture(tmp_path: Path) -> Path:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    return (tmp_path / "a.jpg").rename(tmp_path / "a.mp4")


UNUSABLE = {
    "missing": (lambda t: t / "none.mp4", "no such file"),
    "empty": (lambda t: _file(t, "a.mp4", b""), "empty"),
    "text": (lambda t: _file(t, "a.txt", b"no video " * 99), "not a video"),
    "noise": (lambda t: _file(t, "a.mp4", bytes(range(256)) * 9), "not a video"),
    "picture": (_picture, "not a video"),
    "no index": (_no_index, "cut short"),
    "only sound": (_only_sound, "only sound"),
    "no frames": (_no_frames, "no frame|cut short|no video"),
    "all damaged": (_all_damaged, "no frame"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    make, message = UNUSABLE[case]
    path = make(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        open_video(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("share", [0.4, 0.7, 0.99])
def test_of_a_file_that_breaks_off_the_readable_frames_count(
    tmp_path: Path, ending: str, share: float
) -> None:
    frames = np.random.default_rng(3).integers(0, 255, (FRAMES, 48, 64, 3), dtype=np.uint8)
    options = {"movflags": "faststart"}
    whole = tmp_path / f"whole.{ending}"
    with av.open(str(whole), "w", options=options if ending == "mp4" else {}) as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    data = whole.read_bytes()
    cut = _file(tmp_path, f"cut.{ending}", data[: int(len(data) * share)])

    source, original = open_video(cut), list(open_video(whole).read())
    assert 0.2 * FRAMES * share < len(source) < FRAMES
    read = list(source.read())
    assert len(read) == len(source)
    same = [bool((one == other).all()) for one, other in zip(read, original, strict=False)]
    # Frames are sound but for the last ones, which a transport stream does not mark as cut
    assert same.index(False) >= len(same) - 3 if False in same else True
    np.testing.assert_array_equal(list(source.read(len(source) - 2)), read[-2:])


@pytest.mark.parametrize("seed", range(3))
def test_damage_in_the_middle_keeps_the_number_of_frames(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    frames = random.integers(0, 255, (FRAMES, 48, 64, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "a.mp4", frames, options={"g": "8"})
    data = bytearray(path.read_bytes())
    begin, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    for place in random.integers(begin + (end - begin) // 4, end - 400, 3):
        data[place : place + 300] = random.bytes(300)
    path.write_bytes(data)
    source = open_video(path)
    assert len(source) == FRAMES
    assert len(list(source.read())) == FRAMES
    assert len(list(source.read(9, 20))) == 11
