"""Other people in the subject's square, whom a network takes for the subject."""

import numpy as np

from dynascene.estimators.person.subject import Subject

SOFTNESS = 0.08  # of half a box: how wide the border between two people is


def subjects_share(
    height: int, width: int, box: np.ndarray, others: list[np.ndarray]
) -> np.ndarray | None:
    """How much each pixel belongs to the subject and not to a neighbour.

    A pixel belongs to the person in whose box it lies more centrally. The distance to a box is 0 in
    its middle and 1 at its border.

    Args:
        height, width: of the picture.
        box, others: left, top, right, bottom.

    Returns:
        [h, w] in 0 … 1; None without others.
    """
    if not others:
        return None
    own = _distance(height, width, box)
    nearest = np.min([_distance(height, width, other) for other in others], axis=0)
    return np.clip(0.5 + (nearest - own) / (2 * SOFTNESS), 0, 1).astype(np.float32)


def seen_neighbours(others: list[Subject], frame: int, scale: float) -> list[np.ndarray]:
    """The boxes of the other people detected in a frame, times ``scale``."""
    return [person.boxes[frame] * scale for person in others if person.seen[frame]]


def _distance(height: int, width: int, box: np.ndarray) -> np.ndarray:
    left, top, right, bottom = box
    across, down = max(right - left, 1e-6), max(bottom - top, 1e-6)
    x = np.abs(2 * (np.arange(width) + 0.5 - left) / across - 1)
    y = np.abs(2 * (np.arange(height) + 0.5 - top) / down - 1)
    return np.maximum(x[None], y[:, None])
