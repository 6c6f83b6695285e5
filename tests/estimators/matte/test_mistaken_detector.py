"""A detector that takes a pillar for a second person: motion tells who it is, and cuts them out."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from textures import textured

from dynascene.display import Quiet
from dynascene.estimators.matte import finding, job
from dynascene.estimators.matte.locating import locate
from dynascene.estimators.matte.options import MatteOptions
from dynascene.estimators.person.protocol import Detection
from dynascene.types import ArrayFrames

FRAMES, H, W = 24, 72, 120
FOUND_BY = "motion among several boxes"


def walkers_box(frame: int) -> np.ndarray:
    left = 25.0 + 1.6 * frame
    return np.array([left, 20, left + 16, 62])


@pytest.fixture(scope="module")
def clip() -> ArrayFrames:
    """Somebody walks before a wall that stands still."""
    wall, clothes = textured((H, W), 0, (90, 130, 80)), textured((42, 16), 1, (190, 90, 70))
    frames = [wall.copy() for _ in range(FRAMES)]
    for index, frame in enumerate(frames):
        left = round(walkers_box(index)[0])
        frame[20:62, left : left + 16] = clothes
    return ArrayFrames(frames, frame_rate=Fraction(24))


class TwoBoxes:
    """Sees the walker, and as surely a pillar of the same size at the right."""

    name = "stand-in"

    def __init__(self) -> None:
        self.frame = 0

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        pillar = np.array([98.0, 20, 114, 62])
        boxes = [walkers_box(self.frame), pillar]
        self.frame += 1
        return [Detection(box, 0.9) for box in boxes]


class Network:
    """A matter that takes a person for where it is told."""

    name, working_pixels, needs_boxes, least_frames = "network", H * W, True, 1

    def __call__(self, frames, boxes, start=None):
        raise AssertionError("asked for somebody whom its detector cannot tell")


def test_motion_tells_the_walker_from_the_pillar(clip: ArrayFrames) -> None:
    frames = np.stack(list(clip.read()))
    place = locate(Path("clip.mp4"), clip, frames, TwoBoxes(), None, True, Quiet())
    assert place.found_by == FOUND_BY
    assert place.boxes is not None
    middle = place.boxes[12].reshape(2, 2).mean(axis=0)
    np.testing.assert_allclose(middle, walkers_box(12).reshape(2, 2).mean(axis=0), atol=6)


def test_who_needs_no_boxes_gets_none(clip: ArrayFrames) -> None:
    """Rectangles would teach the motion backend the place's colours as the person's."""
    frames = np.stack(list(clip.read()))
    place = locate(Path("clip.mp4"), clip, frames, TwoBoxes(), None, False, Quiet())
    assert (place.found_by, place.boxes) == (FOUND_BY, None)


def test_motion_cuts_out_whom_motion_found(clip, tmp_path: Path, monkeypatch) -> None:
    make = finding.make_matter
    monkeypatch.setattr(
        finding, "make_matter", lambda name: Network() if name is None else make(name)
    )
    monkeypatch.setattr(finding, "make_detector", lambda fetch: TwoBoxes())
    made = job.run(Path("clip.mp4"), clip, tmp_path / "matte", MatteOptions(), Quiet())
    assert (made.backend, made.found_by) == ("motion", FOUND_BY)
    matte = cv2.imread(str(tmp_path / "matte" / "00012.png"), cv2.IMREAD_GRAYSCALE)
    left, top, right, bottom = np.rint(walkers_box(12)).astype(int)
    assert matte[top + 4 : bottom - 4, left + 3 : right - 3].mean() > 200
    assert matte[:, 96:].max() < 64  # the pillar


def test_a_backend_that_was_asked_for_is_kept(clip, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(finding, "make_matter", lambda name: Network())
    monkeypatch.setattr(finding, "make_detector", lambda fetch: TwoBoxes())
    with pytest.raises(AssertionError, match="cannot tell"):
        job.run(Path("clip.mp4"), clip, tmp_path / "matte", MatteOptions(backend="selfie"), Quiet())
    assert not (tmp_path / "matte").exists()
