"""The camera of a clip, found apart from the rest, as for the app."""

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dynascene.display import Quiet
from dynascene.generation.camera_job import find_camera
from dynascene.generation.request import PersonInput
from dynascene.io.lens import EQUIVALENT

WIDTH, HEIGHT, FRAMES = 240, 136, 5


@pytest.fixture
def person(tmp_path: Path) -> PersonInput:
    """Somebody stands before a busy wall; the camera stands still, and the file tells its lens."""
    noise = np.random.default_rng(3).integers(0, 255, (46, 80, 3), np.uint8)
    frame = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    matte = np.zeros((HEIGHT, WIDTH), np.uint8)
    matte[40:120, 100:125] = 255
    frame[matte > 0] = 90
    options = {"movflags": "use_metadata_tags"}
    with av.open(str(tmp_path / "clip.mov"), "w", options=options) as container:
        container.metadata[EQUIVALENT] = "24"
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _ in range(FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    (tmp_path / "matte").mkdir()
    for number in range(FRAMES):
        cv2.imwrite(str(tmp_path / "matte" / f"{number}.png"), matte)
    return PersonInput(person=tmp_path / "clip.mov", matte=tmp_path / "matte")


def test_the_lens_that_the_file_tells_is_used(person: PersonInput, tmp_path: Path) -> None:
    cameras = find_camera(person, None, tmp_path / "out", Quiet())
    tracking = json.loads((cameras.parent / "cameras.track.json").read_text())
    assert tracking["focal_source"] == "tagged"
    focal_share = float(cameras.read_text().splitlines()[1].split()[1])  # of the width
    assert focal_share == pytest.approx(24 / 36, rel=1e-4)
