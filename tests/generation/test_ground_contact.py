"""Landmarks beside a matte, and what is told of standing feet."""

from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.scale.slip import Slip
from dynascene.estimators.scale.stance import Stances
from dynascene.generation.ground_contact import (
    GroundContact,
    clip_landmarks,
    contact_report,
    warn_of_slip,
)
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.io.landmarks import NAMES, PoseLandmarks, write_landmarks
from dynascene.jobs.log import Log
from dynascene.types import Size

NOBODY = GroundContact(None, Size(96, 64), 24.0, "no landmarks of the body")


@pytest.fixture
def matte(tmp_path: Path) -> Path:
    """A matte's folder with the landmarks of ten frames, whose columns count them."""
    points = np.zeros((10, len(NAMES), 2))
    points[..., 0] = np.arange(10)[:, None]
    flat = np.ones(points.shape[:2])
    landmarks = PoseLandmarks(Size(96, 64), points, flat, flat, flat, np.ones(10))
    write_landmarks(landmarks, tmp_path / "landmarks.json")
    return tmp_path


@pytest.mark.parametrize(
    ("frames", "length", "columns"),
    [(None, 10, range(10)), ((3, 7), 4, range(3, 7)), ((20, 30), 10, range(10))],
)
def test_landmarks_are_those_of_the_frames_in_use(matte: Path, frames, length: int, columns):
    landmarks = clip_landmarks(matte, matte, frames, length)
    assert landmarks is not None
    assert landmarks.points[:, 0, 0].tolist() == list(columns)


def test_landmarks_of_another_clip_are_told(matte: Path):
    with pytest.raises(InputError, match="10 frames and the clip 12"):
        clip_landmarks(matte, matte, None, 12)


def test_a_matte_may_have_no_landmarks(tmp_path: Path):
    assert clip_landmarks(tmp_path / "matte.mp4", tmp_path, None, 12) is None
    assert clip_landmarks(None, tmp_path, None, 12) is None


def test_the_report_says_why_nothing_is_known():
    assert contact_report(NOBODY, None, None) == {"why_not": "no landmarks of the body"}


@pytest.mark.parametrize(
    ("frames", "reason"), [(3, "surely seen to stand"), (24, "above the place's horizon")]
)
def test_the_report_tells_feet_above_the_horizon_from_feet_that_do_not_stand(frames: int, reason):
    stances = Stances(np.full((2, frames, 2), 10.0), np.ones((2, frames), bool), 40.0)
    contact = GroundContact(stances, Size(96, 64), 24.0)
    track = make_move("static", frames, intrinsics_from_fov(50, Size(96, 64)), Size(96, 64))
    assert contact.slip(track, 1.0) is None  # row 10 is above the horizon, which is row 32
    assert reason in contact_report(contact, None, None)["why_not"]


@pytest.mark.parametrize(("is_move", "remedy"), [(False, "`camera_scale`"), (True, "`move`")])
@pytest.mark.parametrize(("bodies", "lines"), [(0.1, 0), (0.3, 1)])
def test_feet_that_slide_visibly_are_told(bodies: float, lines: int, is_move: bool, remedy: str):
    log = Log()
    report = contact_report(NOBODY, Slip(2.5, bodies, 20), Slip(4.0, 2 * bodies, 20))
    assert report["slip_pixels_a_frame"] == 2.5
    assert report["slip_pixels_a_frame_before"] == 4.0
    warn_of_slip(report, log, is_move=is_move)
    warn_of_slip({}, log, is_move=is_move)
    assert len(log.notices) == lines
    assert all("slide over the ground by 2.5 pixels" in line for line in log.notices)
    assert all(remedy in line for line in log.notices)
