"""What is filmed of a place: the camera track, and the camera of the scene picture."""

import math
from typing import NamedTuple

import numpy as np

from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.picture import PictureCamera, picture_track
from dynascene.geometry.rays import track_rays
from dynascene.geometry.tracks import keep_inside, turning_only
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.shots.camera_paths import place_by_frame, random_track, view_angles
from dynascene.types import CameraTrack, Size

PICTURE_SCALE = 1.5  # the scene picture's width over the frames'
VIDEO_FOVS, PICTURE_FOVS = (30.0, 68.0), (50.0, 75.0)  # degrees, across
WIDEST_FOV = 88.0
OWN_FRAME_SHARE = 0.25  # of the shots, whose scene picture is one of their own views
COARSE = Size(64, 36)


class View(NamedTuple):
    """What is filmed of a place.

    Attributes:
        place: in track units, the scene picture's camera at its origin.
        camera: of the scene picture.
        track: of the shot.
    """

    place: SyntheticPlace
    camera: PictureCamera
    track: CameraTrack


def draw_view(rng: np.random.Generator, place: SyntheticPlace, size: Size, frames: int) -> View:
    """A random camera track and scene camera.

    Args:
        rng: draws them.
        place: in any unit.
        size, frames: of the shot.

    Returns:
        The view, its track inside the place.
    """
    video_fov, picture_fov = _random_fovs(rng, place, size)
    track = random_track(rng, frames, intrinsics_from_fov(video_fov, size), size)
    if place.stage is None:
        track = turning_only(track)
    anchor = 0 if rng.random() < 0.6 else int(rng.integers(frames))
    pitch = float(np.clip(rng.normal(-2, 6), -16, 14))
    if rng.random() < OWN_FRAME_SHARE:
        track = place_by_frame(track, anchor, 0.0, pitch)
        picture_fov, picture_pitch = video_fov, view_angles(track, anchor)[1]
    else:
        picture_pitch = float(np.clip(rng.normal(-2, 5), -15, 12))
        track = place_by_frame(track, anchor, rng.normal(0, 9), pitch)
    camera = scene_camera(picture_fov, picture_pitch, size)
    coarse = track_rays(picture_track(camera, COARSE))
    if place.stage is not None:
        place = place.scale(1 / float(place.render(coarse)[1].median()))
    return View(place, camera, keep_inside(track, place.contains))


def _random_fovs(
    rng: np.random.Generator, place: SyntheticPlace, size: Size
) -> tuple[float, float]:
    """Of video and picture, degrees; wider where the place's panorama is too coarse for less."""
    video, picture = rng.uniform(*VIDEO_FOVS), rng.uniform(*PICTURE_FOVS)
    narrowest = min(place.narrowest_fov(size.width), WIDEST_FOV)
    if video < narrowest:
        video = rng.uniform(narrowest, WIDEST_FOV)
        picture = rng.uniform(max(narrowest, PICTURE_FOVS[0]), WIDEST_FOV)
    return video, picture


def scene_camera(fov: float, pitch: float, size: Size) -> PictureCamera:
    """The camera of a scene picture of the frames' shape; fov and pitch (up) in degrees."""
    wide = Size(round(PICTURE_SCALE * size.width), round(PICTURE_SCALE * size.height))
    focal = focal_from_fov(fov, wide)
    return PictureCamera(focal, wide, wide.height / 2 + focal * math.tan(math.radians(pitch)))
