"""What is grey, against a slow reference; and that grey files need no conversion."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynascene.io.greyness import COLOUR_NOISE, is_grey
from dynascene.io.matte_values import stored_matte


@pytest.mark.parametrize("coloured", range(0, 9, 2))
def test_greyness_counts_coloured_pixels_against_bright_ones(coloured: int) -> None:
    picture = np.random.default_rng(coloured).integers(0, 256, (10, 33, 1), np.uint8).repeat(3, 2)
    picture[:5] = 0
    picture[9, :coloured] = 200, 200 - COLOUR_NOISE - 1, 190
    spread = picture.max(axis=2).astype(int) - picture.min(axis=2)
    bright = int((picture.max(axis=2) > COLOUR_NOISE).sum())
    share = int((spread > COLOUR_NOISE).sum()) / bright
    assert is_grey(picture) == (share <= 0.02)


def test_a_grey_file_is_read_as_it_would_be_in_colours() -> None:
    values = np.random.default_rng(3).integers(0, 256, (3, 33), np.uint8)
    grey = Image.fromarray(values)
    read = [stored_matte(image, Path("grey.png")) for image in (grey, grey.convert("RGB"))]
    for matte in read:
        np.testing.assert_array_equal(matte.grey, values)
        assert matte.alpha is None
