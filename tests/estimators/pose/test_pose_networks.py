"""The real networks, where they lie in the cache, on frames of a real clip."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dynascene.estimators.pose.people import PosePeople
from dynascene.estimators.weights import has_weights
from dynascene.io.frames import open_frames
from dynascene.io.landmarks import NAMES
from dynascene.types import Size

CLIP = Path(__file__).parents[3].parent / "shared/data/people/static_camera_juggle.mp4"

pytestmark = pytest.mark.skipif(
    not (CLIP.is_file() and has_weights("pose")), reason="no clip, or no weights in the cache"
)


def test_a_standing_juggler_is_found_with_head_above_feet() -> None:
    frames = np.stack([frame[..., :3] for frame in islice(open_frames(CLIP).read(), 2)])
    network, size = PosePeople(), Size(frames.shape[2], frames.shape[1])
    people = network.find(frames)
    best = max(people, key=lambda person: person.prominence)
    landmarks, logits = network.read(frames, best.track, size)
    assert landmarks.person.min() > 0.9
    height = [
        landmarks.points[0, NAMES.index(name), 1]
        for name in ("nose", "left_shoulder", "left_hip", "left_knee", "left_ankle")
    ]
    assert height == sorted(height)
    shoulders, hips = (landmarks.points[0, [a, a + 1]].mean(axis=0) for a in (11, 23))
    x, y = np.rint((shoulders + hips) / 2).astype(int)
    assert logits[0][y, x] > 3
    assert logits[0][5, 5] < -3
    share = float((logits[0] > 0).mean())
    assert 0.01 < share < 0.2
