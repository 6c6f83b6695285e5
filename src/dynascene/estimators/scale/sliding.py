"""How much a person's feet slide over the ground under a camera."""

import math

import numpy as np

from dynascene.estimators.scale.feet import rays_through
from dynascene.estimators.scale.ground import down_vectors
from dynascene.estimators.scale.silhouette import Silhouette
from dynascene.geometry.framing import filmed_attitude
from dynascene.geometry.rigid import camera_centres
from dynascene.types import CameraTrack

MOMENTS = (0.1, 0.25)  # seconds, shorter than a step of a runner and of a walker
ROLLING = 0.35  # metres a second along the view by which a resting sole may roll off
LEAST_STEP = 0.05  # metres: shorter ones are noise of the silhouette
RESTING = 0.2  # share of the moments in which a walker's foot surely rests


def foot_slide(
    silhouette: Silhouette, track: CameraTrack, height: float, pitch: float, frame_rate: float
) -> float:
    """Speed of the feet, in metres a second, in the moments in which they should rest.

    In each moment the end of the sole that moves less counts, and of the moments the stillest ones.

    Args:
        silhouette: of the clip.
        track: relative to its first camera, in metres, for the silhouette's frame size.
        height: of that camera above the ground, in metres.
        pitch: of that camera in degrees, positive: it looks up.
        frame_rate: frames a second.

    Returns:
        NaN where the feet are not seen for long enough.
    """
    points, centres = _soles_on_ground(silhouette, track, height, pitch)
    steps = {max(1, round(moment * frame_rate)) for moment in MOMENTS}
    slides = [_stillest(points, centres, step, step / frame_rate) for step in steps]
    return float(np.fmin.reduce(slides))


def foot_evenness(
    silhouette: Silhouette, track: CameraTrack, height: float, pitch: float, frame_rate: float
) -> float:
    """How much each step of the feet over the ground goes on as the one before it did.

    Near 1 for somebody who is carried along, in a straight line or a curve. Feet in the air seem to
    be far behind where they are, so those of somebody who jumps go to and fro.

    Args:
        silhouette, track, height, pitch, frame_rate: as for ``foot_slide``.

    Returns:
        −1 … 1, a mean cosine; NaN where the feet are not seen for long enough, or hardly move.
    """
    points, centres = _soles_on_ground(silhouette, track, height, pitch)
    place = centres + sum(points) / len(points)
    step = max(1, round(MOMENTS[-1] * frame_rate))
    moved = place[step:] - place[:-step]
    before, after = moved[:-step], moved[step:]
    lengths = np.stack([np.linalg.norm(each, axis=-1) for each in (before, after)])
    is_long = (lengths > LEAST_STEP).all(axis=0)  # NaN is not
    if is_long.sum() < 3:
        return math.nan
    # Σ |a| |b| cos(a, b) / Σ |a| |b|: long steps count more, as they are least by noise
    return float((before * after)[is_long].sum() / lengths.prod(axis=0)[is_long].sum())


def _soles_on_ground(
    silhouette: Silhouette, track: CameraTrack, height: float, pitch: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """Where on the ground the ends of the sole are, relative to the cameras, [F, 3] each, and the
    cameras' centres [F, 3]; the arguments are those of ``foot_slide``. NaN where they are not seen.
    """
    down = down_vectors(np.array([pitch]), filmed_attitude(track).roll)[0]
    centres = camera_centres(track.cam_from_world).numpy()
    above = height - centres @ down
    rows = np.where(silhouette.feet_cut, np.nan, silhouette.foot[:, 1])
    points = []
    for columns in silhouette.sole.T:
        ray = rays_through(track, np.column_stack([columns, rows]))
        descent = np.where(ray @ down > 1e-3, ray @ down, np.nan)
        points.append((above / descent)[:, None] * ray)
    return points, centres


def _stillest(points: list[np.ndarray], centres: np.ndarray, step: int, seconds: float) -> float:
    """Speed of the sole's ends over ``step`` frames, in metres a second, when they move least.

    Args:
        points: relative to the cameras, [F, 3] each.
        centres: of the cameras, [F, 3].
    """
    least = np.full(max(0, len(centres) - step), np.nan)
    for point in points:
        place = centres + point
        moved = place[step:] - place[:-step]
        away = point[: len(least)] / np.linalg.norm(point[: len(least)], axis=-1)[:, None]
        forth = (moved * away).sum(axis=-1)
        across = np.sqrt(((moved**2).sum(axis=-1) - forth**2).clip(0))
        least = np.fmin(least, np.hypot(across, (np.abs(forth) - ROLLING * seconds).clip(0)))
    least = least[np.isfinite(least)]
    return float(np.quantile(least, RESTING)) / seconds if len(least) > 2 else math.nan
