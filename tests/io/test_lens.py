"""The lens that a clip's file tells."""

import math
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import ExifTags, Image

from dynascene.io.lens import EQUIVALENT, tagged_focal
from dynascene.types import Size


def video(path: Path, tags: dict[str, str]) -> Path:
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update(tags)
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_an_iphones_video(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mov", {EQUIVALENT: "24"})
    assert tagged_focal(path, Size(96, 64)) == pytest.approx(24 / 36 * 96)
    # the longer side counts, however the phone was held
    assert tagged_focal(path, Size(64, 96)) == pytest.approx(24 / 36 * 96)


@pytest.mark.parametrize("tags", [{}, {EQUIVALENT: "wide"}, {EQUIVALENT: "0"}, {EQUIVALENT: "nan"}])
def test_videos_that_tell_nothing(tmp_path: Path, tags: dict[str, str]) -> None:
    assert tagged_focal(video(tmp_path / "a.mov", tags), Size(96, 64)) is None


def test_a_folder_of_photographs(tmp_path: Path) -> None:
    for number, equivalent in ((0, 28), (1, 50)):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = equivalent
        Image.new("RGB", (60, 40)).save(tmp_path / f"{number}.jpg", exif=exif)
    focal = tagged_focal(tmp_path, Size(60, 40))
    assert focal == pytest.approx(28 / math.hypot(36, 24) * math.hypot(60, 40), rel=1e-4)
    Image.new("RGB", (60, 40)).save(tmp_path / "0.jpg")
    assert tagged_focal(tmp_path, Size(60, 40)) is None


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.tif"])
def test_pictures_of_several_frames_tell_no_lens(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (60, 40), (shade, 90, 0)) for shade in (0, 90, 180)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    assert tagged_focal(tmp_path / name, Size(60, 40)) is None
