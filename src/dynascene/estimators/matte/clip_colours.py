"""What a clip's colours say where a network is unsure whether it sees the person.

In a single frame the network may lose a hand or take a chair along; over the clip, the colours that
each part of the person has, and those beside it, are known (see `appearance`). F frames, h w
working pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack
from dynascene.estimators.matte.appearance import Appearance
from dynascene.estimators.matte.opinion import dilated, probabilities
from dynascene.estimators.matte.stance import find_stances

ACROSS = 320  # pixels at most, on which colours are counted
AROUND = 0.1  # of the width: where the colours of the place are counted
LIMIT = 4.0  # logit that a colour can add …
WEIGHT = 0.6  # … times this, where the network says nothing
SURE = 4.0  # logit of the network at which 1/e of that is left
PERSON = -1.0  # logit: whatever is likelier is within the person's surroundings


def with_clip_colours(frames: FrameStack, logits: FrameStack) -> Iterator[np.ndarray]:
    """Yield logits with the colours' say: float32 [h, w] per frame.

    Args:
        frames: uint8 [F, h, w, 3].
        logits: [F, h, w], positive where the person is likelier; they must not change meanwhile.
    """
    _, height, width = logits.shape
    shrink = min(1.0, ACROSS / width)
    size = max(16, round(width * shrink)), max(16, round(height * shrink))
    coarse = _shrunk_logits(logits, size)
    colours = Appearance(
        (cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames),
        find_stances(probabilities(logit) for logit in coarse),
    )
    for logit, ratio in zip(logits, colours.log_ratios(*_sides(coarse)), strict=True):
        own = logit.astype(np.float32)
        colour = cv2.resize(np.clip(ratio, -LIMIT, LIMIT), (width, height))
        yield own + WEIGHT * colour * np.exp(-((own / SURE) ** 2))


def _shrunk_logits(logits: FrameStack, size: tuple[int, int]) -> FrameSpool:
    """Logits float32 [F, *size] on which colours are counted; size: width, height."""
    shrunk = FrameSpool(size[::-1], np.float32)
    for logit in logits:
        shrunk.append(cv2.resize(logit.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    return shrunk


def _sides(logits: FrameStack) -> tuple[FrameSpool, FrameSpool]:
    """Weights float32 [F, h, w] in 0 … 1, how certainly a pixel shows the person, and the place
    around them.
    """
    _, height, width = logits.shape
    person, place = (FrameSpool((height, width), np.float32) for _ in range(2))
    for logit in logits:
        certainty = np.tanh(logit / 2)
        around = dilated(logit > PERSON, AROUND * width) > 0
        person.append(np.clip(certainty, 0, 1))
        place.append(np.clip(-certainty, 0, 1) * around)
    return person, place
