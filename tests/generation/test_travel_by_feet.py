"""Standing feet correct the travel of the cameras that are delivered, where they may."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dynascene.estimators.scale.stance import Stances
from dynascene.generation.ground_contact import GroundContact
from dynascene.generation.placing import PersonPlacer, PlacedCameras
from dynascene.generation.request import PlaceInput
from dynascene.geometry.framing import Framing, filmed_attitude, place_track
from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.tracks import path_length, scale_track
from dynascene.jobs.log import Log
from dynascene.types import ArrayFrames, CameraTrack, Size

SIZE, PICTURE, FRAMES, RATE = Size(160, 120), Size(300, 200), 24, 24.0
FRAMING = Framing(0.0, -15.0)
TRACK = make_move("truck-right:0.2", FRAMES, intrinsics_from_fov(60, SIZE), SIZE)


@pytest.fixture
def scene() -> LiftedScene:
    camera = PictureCamera(focal_from_fov(60, PICTURE), PICTURE, 80)
    return lift_to_stage(torch.zeros(3, *PICTURE[::-1]), camera)


def standing_feet(scene: LiftedScene) -> GroundContact:
    """Two feet that rest on the ground all along, as the cameras of TRACK see them."""
    height = scene.surface.height
    track = place_track(TRACK, FRAMING)
    feet = torch.tensor([[-0.2, 1.0, 2.5], [0.2, 1.0, 2.2]]).double()[:, None, :, None] * height
    seen = track.cam_from_world[:, :3, :3] @ feet + track.cam_from_world[:, :3, 3:]
    pixels = (track.intrinsics @ seen)[..., 0]
    points = (pixels[..., :2] / pixels[..., 2:]).numpy()
    return GroundContact(Stances(points, np.ones((2, FRAMES), bool), 60.0), SIZE, RATE)


def placed(
    scene: LiftedScene, contact: GroundContact, track: CameraTrack, *, may_scale: bool
) -> tuple[PlacedCameras, dict, Log]:
    log = Log()
    matte = ArrayFrames([np.zeros((*SIZE[::-1], 1), np.uint8)] * FRAMES)
    place = PlaceInput(scene=Path("scene.png"))
    placer = PersonPlacer(place, FRAMING, matte, contact, log, may_scale=may_scale)
    cameras = placer(scene, track, filmed_attitude(track))
    return cameras, placer.report(cameras), log


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_sliding_feet_give_the_cameras_their_true_travel(scene: LiftedScene, scale: float):
    wrong = scale_track(TRACK, scale)
    cameras, report, log = placed(scene, standing_feet(scene), wrong, may_scale=True)
    assert path_length(cameras.track) == pytest.approx(path_length(TRACK), rel=0.05)
    assert cameras.framing == FRAMING
    assert cameras.slip is not None
    assert cameras.slip_before is not None
    assert cameras.slip.pixels < 0.1 * cameras.slip_before.pixels
    assert report["slip_pixels_a_frame_before"] > report["slip_pixels_a_frame"]
    assert len(log.notices) == 1
    assert f"travels {1 / scale:.2g} times as far" in log.notices[0]


@pytest.mark.parametrize(("scale", "may_scale"), [(2.0, False), (1.0, True)])
def test_a_travel_that_is_stated_or_right_stays(scene: LiftedScene, scale: float, may_scale: bool):
    track = scale_track(TRACK, scale)
    cameras, report, log = placed(scene, standing_feet(scene), track, may_scale=may_scale)
    assert cameras.track is track
    assert cameras.slip is not None
    assert cameras.slip_before is None
    assert "slip_pixels_a_frame_before" not in report
    assert log.notices == []


@pytest.mark.filterwarnings("error")
def test_feet_above_the_horizon_leave_the_travel(scene: LiftedScene):
    contact = standing_feet(scene)
    assert contact.stances is not None
    contact.stances.points[..., 1] = 2.0
    cameras, report, _ = placed(scene, contact, TRACK, may_scale=True)
    assert cameras.track is TRACK
    assert cameras.slip is None
    assert "above the place's horizon" in report["why_not"]
