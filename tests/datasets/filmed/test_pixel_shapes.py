"""Clips whose pixels are not square: their cameras fit as stored and as shown."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from dynascene.datasets.filmed.opening import ClipFiles, open_clip
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.io.cameras import write_cameras
from dynascene.types import CameraTrack, Size

CODED, SHOWN = Size(90, 72), Size(120, 72)


def squeezed_video(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = *CODED, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for _ in range(2):
            picture = np.full((CODED.height, CODED.width, 3), 90, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return path


def cameras(path: Path, size: Size, focal_x: float) -> Path:
    view = intrinsics_matrix(focal_x, 80, size.width / 2, size.height / 2).expand(2, 3, 3)
    still = torch.eye(4, dtype=torch.float64).expand(2, 4, 4)
    write_cameras(CameraTrack(still, view, size), path, "nerfstudio")
    return path


@pytest.mark.parametrize(("size", "focal_x"), [(CODED, 60), (SHOWN, 80)])
def test_cameras_as_stored_and_as_shown(tmp_path: Path, size: Size, focal_x: float) -> None:
    file = cameras(tmp_path / "c.json", size, focal_x)
    clip = open_clip(ClipFiles(squeezed_video(tmp_path / "a.mp4"), cameras=file))
    assert clip.frames.size == clip.cameras.size == SHOWN
    view = clip.cameras.intrinsics[0]
    assert float(view[0, 0]) == pytest.approx(80)
    assert float(view[0, 2]) == pytest.approx(60)


def test_cameras_of_another_shape_are_refused(tmp_path: Path) -> None:
    file = cameras(tmp_path / "c.json", Size(200, 72), 80)
    with pytest.raises(InputError, match="the shapes differ"):
        open_clip(ClipFiles(squeezed_video(tmp_path / "a.mp4"), cameras=file))
