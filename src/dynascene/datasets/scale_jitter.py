"""The random error with which training tells the scale of a camera track."""

import math
import zlib

import numpy as np

from dynascene.geometry.tracks import scale_track
from dynascene.types import CameraTrack

SCALE_SPREAD = 0.2  # of the natural logarithm


def jitter_scale(
    track: CameraTrack, rng: np.random.Generator, spread: float = SCALE_SPREAD
) -> CameraTrack:
    """Scale a track by a random factor, log-normal and within 1/2 … 2.

    The scale of a tracked camera is only known roughly; so it is in training.

    Args:
        track: scaled about the world's origin.
        rng: draws the factor.
        spread: standard deviation of its logarithm.

    Returns:
        The scaled track.
    """
    return scale_track(track, _factor(rng, spread))


def clip_jitter(name: str, spread: float = SCALE_SPREAD) -> float:
    """The factor of a clip, the same for all of its pieces: else speed would tell nothing.

    Args:
        name: of the clip.
        spread: as in ``jitter_scale``.
    """
    return _factor(np.random.default_rng(zlib.crc32(name.encode())), spread)


def _factor(rng: np.random.Generator, spread: float) -> float:
    return math.exp(float(np.clip(rng.normal(0, spread), -math.log(2), math.log(2))))
