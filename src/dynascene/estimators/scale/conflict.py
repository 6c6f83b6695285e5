"""Whether a person and a camera contradict each other.

Somebody who stands or walks does not slide: under the right camera, the point that touches the
ground rests during each step. Under a camera from elsewhere it glides over the ground, and no
background hides that.
"""

import math
from typing import NamedTuple

import numpy as np

from dynascene.estimators.scale.person_scale import PersonScale
from dynascene.estimators.scale.sliding import foot_slide
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.tracks import relative_track, resize_track, scale_track
from dynascene.types import CameraTrack, Size

MOST_SLIDE = 0.3  # metres a second; what is less goes unnoticed, or is noise of the matte
GROWING = 0.1  # of the logarithm of the apparent size, between the first and the last third


class Conflict(NamedTuple):
    """How far a person and a camera contradict each other.

    Attributes:
        slide: speed of the feet when they should rest, in metres a second; NaN where they are not
            seen for long enough.
        message: one line on the contradiction; empty where there is none.
    """

    slide: float
    message: str


def find_conflict(
    scale: PersonScale,
    track: CameraTrack,
    camera_height: float,
    size: Size,
    frame_rate: float,
) -> Conflict:
    """Compare a clip with a track that was not filmed with it.

    Args:
        scale: of the clip.
        track: one camera per frame.
        camera_height: of the first camera above the ground, in the track's unit.
        size: of the clip's frames.
        frame_rate: frames a second.
    """
    height, pitch = scale.camera_height_m, scale.pitch_degrees
    if height is None or pitch is None:
        return Conflict(math.nan, "")
    metric = scale_track(relative_track(resize_track(track, size)), height / camera_height)
    slide = foot_slide(scale.silhouette, metric, height, pitch, frame_rate)
    if not slide > MOST_SLIDE:
        return Conflict(slide, "")
    zoom = _zoom(scale, relative_track(track))
    return Conflict(
        slide,
        f"the person and the camera contradict each other{zoom}: the feet would slide over the "
        f"ground at {slide:.1f} m/s; use the camera that filmed the clip",
    )


def _zoom(scale: PersonScale, track: CameraTrack) -> str:
    """The message where the person's size contradicts the camera's travel; else empty."""
    height = np.log(scale.silhouette.height[scale.silhouette.seen])
    third = max(1, len(height) // 3)
    growth = float(np.median(height[-third:]) - np.median(height[:third]))
    ahead = float(camera_centres(track.cam_from_world)[-1, 2])
    if growth > GROWING and ahead < 0:
        return " (the person grows while the camera moves away)"
    if growth < -GROWING and ahead > 0:
        return " (the person shrinks while the camera comes nearer)"
    return ""
