"""The box of a place from one picture, without weights, and how far to believe it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from dynascene.estimators.box.frame import LevelFrame, find_frame, focal_candidates
from dynascene.estimators.box.sampling import sample_lines
from dynascene.estimators.box.steps import tone_map
from dynascene.estimators.box.walls import WallEvidence, find_walls, ground_and_backdrop
from dynascene.estimators.horizon_cues import detect_segments
from dynascene.geometry.box import PlaceBox, box_from_wall
from dynascene.imaging.colour import luma
from dynascene.types import Size

WORKING_SIZE = 640  # pixels of the longer side
# What a picture must show at least for its box to be believed, in diagonals of lines. Of 80
# photographs marked by eye these accept 8 of 14 rooms and streets, and none of the others: the
# nearest of those, roofs seen from above, reaches a clearness of 0.76
LEAST_GAIN, LEAST_UPRIGHTS, LEAST_AHEAD = 1.1, 0.8, 0.3


@dataclass(frozen=True)
class BoxEstimate:
    """A box and what speaks for it.

    Attributes:
        box: with the camera 1 above its floor.
        focal, horizon: of the picture, in its pixels; the horizon's row from the top.
        agreement: 0 … about 3, mean log-likelihood of the lines for three right-angled directions.
        gain: evidence for the box against ground and backdrop, in diagonals of lines.
        uprights, ahead: length of the lines that stand on its walls, and that lead to the back, in
            diagonals.
    """

    box: PlaceBox
    focal: float
    horizon: float
    agreement: float
    gain: float
    uprights: float
    ahead: float

    @property
    def clearness(self) -> float:
        """How clear the evidence is: from 1 on the box is believed. Its weakest part counts."""
        parts = (
            self.gain / LEAST_GAIN,
            self.uprights / LEAST_UPRIGHTS,
            self.ahead / LEAST_AHEAD,
        )
        return max(0.0, min(parts))


def estimate_box(
    picture: np.ndarray, focal: float, *, known_focal: bool, horizon: float | None = None
) -> BoxEstimate | None:
    """The box that the straight lines of a picture, and steps of tone along its edges, tell best.

    Args:
        picture: uint8 [H, W, 3] sRGB.
        focal: in pixels of this picture.
        known_focal: False lets the lines change it.
        horizon: its row in pixels, where it is known.

    Returns:
        The estimate; None where the picture has no lines, or no room for walls.
    """
    full = Size(picture.shape[1], picture.shape[0])
    scale = min(1.0, WORKING_SIZE / max(full))
    if scale < 1:
        size = max(1, round(full.width * scale)), max(1, round(full.height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    shape = picture.shape[:2]
    ends = detect_segments(luma(picture))
    is_fixed = known_focal or horizon is not None  # the horizon's row tells the pitch with it
    focals = [focal * scale] if is_fixed else focal_candidates(focal * scale)
    pitch = None
    if horizon is not None:
        pitch = math.degrees(math.atan2(horizon - full.height / 2, focal))
    frame = find_frame(ends, shape, focals, pitch)
    if frame is None:
        return None
    evidence = WallEvidence(sample_lines(ends, shape, frame), tone_map(picture, frame))
    fit = find_walls(evidence)
    if fit is None:
        return None
    uprights, ahead = evidence.samples.supporting(fit.wall)
    return BoxEstimate(
        box_from_wall(fit.wall, frame.azimuth),
        focal=frame.focal / scale,
        horizon=_horizon(frame, scale, full),
        agreement=frame.score,
        gain=fit.score - ground_and_backdrop(evidence).score,
        uprights=uprights,
        ahead=ahead,
    )


def _horizon(frame: LevelFrame, scale: float, size: Size) -> float:
    return size.height / 2 + frame.focal / scale * math.tan(math.radians(frame.pitch))
