"""Clips of a walker by known cameras: height, pitch, distance and unit come back."""

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from filmed_walkers import FRAMES, RATE, SIZE, TALL, camera, horizon, walker

from dynascene.errors import InputError
from dynascene.estimators.scale.ground import GroundFit, PitchEvidence, fit_ground
from dynascene.estimators.scale.person_scale import PersonScale, person_scale
from dynascene.geometry.tracks import scale_track
from dynascene.io.mattes import open_matte
from dynascene.types import ArrayFrames, CameraTrack, Size

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "people"
FAR_FROM_METRIC = 1 / 3.0  # of the filmed tracks: one unit is three metres


def filmed(path: str, travel: str = "still", **known: float) -> PersonScale:
    track = scale_track(camera(travel), FAR_FROM_METRIC)
    return person_scale(walker(path, travel), track, person_height=TALL, **known)  # ty: ignore[invalid-argument-type]


@pytest.mark.parametrize(("height", "pitch"), [(1.0, -3.0), (1.6, -9.0)])
def test_a_walk_into_the_depth_gives_height_pitch_and_distance(height: float, pitch: float) -> None:
    found = person_scale(
        walker("away", height=height, pitch=pitch), camera("still", height, pitch),
        person_height=TALL,
    )  # fmt: skip
    assert found.camera_height_m == pytest.approx(height, rel=0.05)
    assert found.pitch_degrees == pytest.approx(pitch, abs=1.0)
    assert found.horizon_row == pytest.approx(horizon(pitch), abs=0.02 * SIZE.height)
    # the walker starts 3.64 m away; the heel that touches the ground is a little nearer
    assert found.distance_m[0] == pytest.approx(math.hypot(0.5, 3.6), rel=0.07)
    assert found.distance_m[-1] > found.distance_m[0] + 2
    assert found.confidence > 0.7
    assert found.metres_per_unit is None
    assert found.camera_height_units is None
    assert found.why_not == ""


@pytest.mark.parametrize("height", [1.1, 2.3])
def test_a_known_horizon_gives_the_height_at_any_walk(height: float) -> None:
    found = person_scale(
        walker("sideways", height=height), camera(height=height), horizon=horizon(),
        person_height=TALL,
    )  # fmt: skip
    assert found.camera_height_m == pytest.approx(height, rel=0.05)


def test_without_horizon_or_depth_it_is_little_sure() -> None:
    sideways, away = filmed("sideways"), filmed("away")
    assert sideways.confidence < 0.4 < away.confidence
    assert sideways.spread[0] > 2 * away.spread[0]


@pytest.mark.parametrize("path", ["sideways", "nearer"])
def test_resting_feet_give_the_unit(path: str) -> None:
    found = filmed(path, "truck", horizon=horizon())
    assert found.metres_per_unit == pytest.approx(3.0, rel=0.1)
    assert found.camera_height_units == pytest.approx(0.5, rel=0.1)
    assert found.spread[1] < 0.25


def test_a_camera_that_rises() -> None:
    found = filmed("nearer", "crane", horizon=horizon())
    assert found.metres_per_unit == pytest.approx(3.0, rel=0.15)
    assert found.camera_height_m == pytest.approx(1.5, rel=0.05)


def test_the_unit_of_the_track_changes_nothing_else() -> None:
    track, matte = camera("truck"), walker("nearer", "truck")
    metres, kilometres = (
        person_scale(matte, scale_track(track, factor), horizon=horizon(), person_height=TALL)
        for factor in (1.0, 1e-3)
    )
    assert metres.metres_per_unit is not None
    assert kilometres.metres_per_unit == pytest.approx(1000 * metres.metres_per_unit, rel=1e-6)
    np.testing.assert_allclose(kilometres.distance_m, metres.distance_m, rtol=1e-6)


def test_lengths_follow_the_persons_height() -> None:
    matte, track = walker("sideways"), camera()
    adult, child = (
        person_scale(matte, track, horizon=horizon(), person_height=height) for height in (1.8, 1.2)
    )
    assert adult.camera_height_m is not None
    assert child.camera_height_m is not None
    assert child.camera_height_m / adult.camera_height_m == pytest.approx(1.2 / 1.8, rel=0.06)


def test_any_frame_size_of_the_track() -> None:
    track = camera()
    half = CameraTrack(track.cam_from_world, track.intrinsics / 2, Size(120, 90))
    half = replace(half, intrinsics=half.intrinsics + torch.diag(torch.tensor([0.0, 0, 0.5])))
    matte = walker("away")
    first, second = (person_scale(matte, each, person_height=TALL) for each in (track, half))
    assert first.camera_height_m == pytest.approx(second.camera_height_m)
    assert first.horizon_row == pytest.approx(second.horizon_row)


def test_a_turning_camera_has_no_unit() -> None:
    found = filmed("sideways", "pan", horizon=horizon())
    assert found.metres_per_unit is None
    assert found.camera_height_m == pytest.approx(1.5, rel=0.05)
    assert found.why_not == ""


def cropped(matte: ArrayFrames, rows: slice) -> ArrayFrames:
    """Everything else black: as if the person stood behind the border, without the border."""
    frames = [np.zeros_like(frame) for frame in matte.frames]
    for new, old in zip(frames, matte.frames, strict=True):
        part = old[rows]
        new[-len(part) :] = part  # moved down to the lower border
    return ArrayFrames(frames, matte.frame_rate)


def test_cut_off_feet_are_told() -> None:
    found = person_scale(cropped(walker("sideways"), slice(0, 110)), camera())
    assert found.camera_height_m is None
    assert found.confidence == 0
    assert "the feet are cut off" in found.why_not
    assert f"{FRAMES} of {FRAMES} frames" in found.why_not
    assert "cut off" in found.why_not
    assert np.isnan(found.distance_m).all()


def test_nobody_is_told() -> None:
    black = ArrayFrames([np.zeros((SIZE.height, SIZE.width, 1), np.uint8)] * 3)
    found = person_scale(black, camera(frames=3))
    assert found.why_not == "the matte shows nobody"


def test_somebody_who_lies_is_doubted() -> None:
    frame = np.zeros((SIZE.height, SIZE.width, 1), np.uint8)
    frame[120:150, 40:200] = 255
    found = person_scale(ArrayFrames([frame] * 9), camera(frames=9))
    assert "as wide as high" in found.why_not


def test_somebody_who_leans_is_doubted() -> None:
    upright, leaning = np.zeros((2, SIZE.height, SIZE.width, 1), np.uint8)
    for row in range(40, 140):
        upright[row, 100:120] = 255
        leaning[row, 60 + row // 2 : 80 + row // 2] = 255
    straight = person_scale(ArrayFrames([upright] * 9), camera(frames=9))
    bent = person_scale(ArrayFrames([leaning] * 9), camera(frames=9))
    assert straight.why_not == ""
    assert "somebody who leans" in bent.why_not
    assert bent.confidence == pytest.approx(0.3 * straight.confidence, rel=0.05)


def test_horizons_of_the_clip_help() -> None:
    """Sea under a sky behind somebody who walks across: the picture tells the pitch."""
    rows = np.arange(SIZE.height)[:, None, None]
    sea = np.where(rows < horizon(), (150, 190, 240), (40, 70, 90)).astype(np.uint8)
    frames = ArrayFrames([np.repeat(sea, SIZE.width, axis=1)] * FRAMES)
    alone = filmed("sideways")
    seen = person_scale(walker("sideways"), camera(), frames=frames, person_height=TALL)
    assert seen.pitch_degrees == pytest.approx(-6, abs=1.5)
    assert seen.confidence > alone.confidence + 0.1


def test_refusals() -> None:
    with pytest.raises(InputError, match="cameras"):
        person_scale(walker("away"), camera(frames=3))
    with pytest.raises(InputError, match="metres"):
        person_scale(walker("away"), camera(), person_height=170)


def exact_rays(height: float, pitch: float, distances: np.ndarray, tall: float) -> np.ndarray:
    """Rays to feet and heads at distances, in the axes of a camera that looks up by ``pitch``."""
    p = math.radians(pitch)
    ends = []
    for down in (height, height - tall):
        level = np.stack([np.zeros_like(distances), np.full_like(distances, down), distances], -1)
        turn = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
        ends.append(level @ turn.T)
    return np.stack(ends)


@pytest.mark.parametrize("pitch", [-20.0, 0.0, 6.0])
def test_ground_from_exact_rays(pitch: float) -> None:
    foot, head = exact_rays(1.3, pitch, np.linspace(3, 9, 33), tall=1.7 * 0.985)
    far_off = PitchEvidence(pitch + 30, 1.0)  # wrong altogether, hence ignored

    def fit(evidence: list[PitchEvidence]) -> GroundFit:
        return fit_ground(foot, head, np.zeros((33, 3)), 0.0, 9.0, 1.7, evidence)

    assert fit([]).height == pytest.approx(1.3, rel=0.03)
    assert fit([]).pitch == pytest.approx(pitch, abs=0.8)
    assert fit([far_off]).pitch == pytest.approx(pitch, abs=0.8)
    assert fit([]).agreement == 1


def test_somebody_who_glides_is_doubted() -> None:
    """Carried sideways without a step: the feet never rest."""
    standing = np.zeros((SIZE.height, SIZE.width, 1), np.uint8)
    standing[60:130, 30:50] = 255
    frames = [np.roll(standing, 4 * index, axis=1) for index in range(FRAMES)]
    found = person_scale(ArrayFrames(frames, Fraction(RATE)), camera())
    assert "glide" in found.why_not
    assert "rides" in found.why_not
    assert found.glides
    assert found.confidence < 0.3
    brief = person_scale(ArrayFrames(frames[:6], Fraction(RATE)), camera(frames=6))
    assert "never rest: a wrong camera track" in brief.why_not  # neither rides nor jumps
    assert not brief.glides


@pytest.mark.parametrize(("speed", "hop"), [(0, 18), (1.5, 18), (4, 14), (4, 20)])
def test_somebody_who_jumps_does_not_ride(speed: float, hop: float) -> None:
    """On the spot or along, up to as fast as somebody who is carried: hops come less far."""
    standing = np.zeros((SIZE.height, SIZE.width, 1), np.uint8)
    standing[60:130, 30:50] = 255
    frames = [
        np.roll(standing, (-round(hop * abs(math.sin(math.pi * n / 8))), round(speed * n)), (0, 1))
        for n in range(FRAMES)
    ]
    found = person_scale(ArrayFrames(frames, Fraction(RATE)), camera())
    assert not found.glides
    assert "rides" not in found.why_not
    assert ("jumps" in found.why_not) == (speed == 4)


def test_a_cyclist_is_doubted() -> None:
    masks = SHARED / "bmx-trees" / "masks"
    if not masks.is_dir():
        pytest.skip("the clip is not on this machine")
    matte = open_matte(masks)
    intrinsics = torch.tensor([[864.0, 0, 216], [0, 864.0, 120], [0, 0, 1]])
    still = torch.eye(4).expand(len(matte), 4, 4)
    track = CameraTrack(still, intrinsics.expand(len(matte), 3, 3), matte.size)
    assert person_scale(matte, track, horizon=60.0).why_not
