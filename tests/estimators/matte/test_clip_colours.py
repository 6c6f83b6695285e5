"""A red person on grey: what a network loses in one frame, colours bring back."""

import numpy as np

from dynascene.estimators.matte.clip_colours import with_clip_colours

FRAMES, H, W = 12, 60, 100


def test_colours_decide_where_the_network_is_unsure_and_not_where_it_is_sure() -> None:
    generator = np.random.default_rng(0)
    frames = generator.integers(110, 130, (FRAMES, H, W, 3)).astype(np.uint8)
    frames[:, 10:55, 40:60] = (200, 40, 40)
    frames[:, 10:55, 80:90] = (200, 40, 40)  # a red post that the network sees through
    logits = np.full((FRAMES, H, W), -5, np.float16)
    logits[:, 10:55, 40:60] = 5
    lost, taken = (6, slice(30, 40), slice(48, 56)), (6, slice(20, 30), slice(62, 68))
    logits[lost] = -0.5
    logits[taken] = 0.5
    mended = list(with_clip_colours(frames, logits))
    assert len(mended) == FRAMES
    assert (mended[6][30:40, 48:56] > 0.5).all()
    assert (mended[6][20:30, 62:68] < -0.5).all()
    assert (mended[6][10:55, 80:90] < -3).all()
    assert np.abs(mended[0][10:55, 40:60] - 5).max() < 1
