"""What a clip's colours say where a network is unsure whether it sees the person.

In a single frame the network may lose a hand or take a chair along; over the clip, the colours that
each part of the person has, and those beside it, are known (see `appearance`). F frames, h w
working pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from dynascene.estimators.matte.appearance import Appearance
from dynascene.estimators.matte.opinion import dilated, probabilities
from dynascene.estimators.matte.stance import find_stances

ACROSS = 320  # pixels at most, on which colours are counted
AROUND = 0.1  # of the width: where the colours of the place are counted
LIMIT = 4.0  # logit that a colour can add …
WEIGHT = 0.6  # … times this, where the network says nothing
SURE = 4.0  # logit of the network at which 1/e of that is left
PERSON = -1.0  # logit: whatever is likelier is within the person's surroundings


def with_clip_colours(frames: np.ndarray, logits: np.ndarray) -> Iterator[np.ndarray]:
    """Yield logits with the colours' say: float32 [h, w] per frame.

    Args:
        frames: uint8 [F, h, w, 3].
        logits: [F, h, w], positive where the person is likelier; they must not change meanwhile.
    """
    height, width = logits.shape[1:]
    shrink = min(1.0, ACROSS / width)
    size = max(16, round(width * shrink)), max(16, round(height * shrink))
    small = np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames])
    coarse = np.stack(
        [cv2.resize(o.astype(np.float32), size, interpolation=cv2.INTER_AREA) for o in logits]
    )
    certainty = np.tanh(coarse / 2)
    around = np.stack([dilated(o > PERSON, AROUND * size[0]) > 0 for o in coarse])
    colours = Appearance(small, find_stances(probabilities(coarse)))
    ratios = colours.log_ratios(np.clip(certainty, 0, 1), np.clip(-certainty, 0, 1) * around)
    for logit, ratio in zip(logits, ratios, strict=True):
        own = logit.astype(np.float32)
        colour = cv2.resize(np.clip(ratio, -LIMIT, LIMIT), (width, height))
        yield own + WEIGHT * colour * np.exp(-((own / SURE) ** 2))
