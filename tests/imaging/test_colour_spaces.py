"""Colour spaces become sRGB: greys stay grey, wide colours become stronger, HDR keeps its order."""

import numpy as np
import pytest

from dynascene.imaging.colour import linear_from_srgb, srgb_from_linear
from dynascene.imaging.colour_spaces import (
    ADOBE_GAMMA,
    ADOBE_RGB,
    PRIMARIES,
    REC709,
    Primaries,
    from_gamma,
    from_h273,
    xyz_from_rgb,
)

LINEAR, PQ, HLG, SDR = 8, 16, 18, 1


def row(*values: float) -> np.ndarray:
    """uint16 [1, N, 3] of greys 0 … 1."""
    levels = np.rint(np.array(values) * 65535).astype(np.uint16)
    return np.repeat(levels[None, :, None], 3, axis=2)


def test_the_matrix_of_srgb_is_that_of_its_standard() -> None:
    """IEC 61966-2-1 gives it with four decimals."""
    expected = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    np.testing.assert_allclose(xyz_from_rgb(REC709), expected, atol=2e-4)


@pytest.mark.parametrize("primaries", PRIMARIES)
def test_greys_stay_as_they_are(primaries: int) -> None:
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    convert = from_h273(primaries, SDR)
    assert convert is not None
    np.testing.assert_array_equal(convert(greys), greys)


@pytest.mark.parametrize(("primaries", "transfer"), [(1, 1), (2, 2), (1, 13), (1, 6), (99, 14)])
def test_ordinary_video_is_not_converted(primaries: int, transfer: int) -> None:
    assert from_h273(primaries, transfer) is None


@pytest.mark.parametrize("number", [9, 12])
def test_a_colour_of_srgb_survives_wide_primaries(number: int) -> None:
    """Seen from the wide space by the inverse matrix, stored there, and brought back."""
    colour = np.array([200, 80, 60]) / 255
    to_wide = np.linalg.solve(xyz_from_rgb(PRIMARIES[number]), xyz_from_rgb(REC709))
    stored = srgb_from_linear(to_wide @ linear_from_srgb(colour))
    convert = from_h273(number, SDR)
    assert convert is not None
    result = convert(np.rint(stored * 65535).astype(np.uint16)[None, None])
    np.testing.assert_array_equal(result[0, 0], [200, 80, 60])


def test_linear_light_is_encoded() -> None:
    convert = from_h273(1, LINEAR)
    assert convert is not None
    np.testing.assert_array_equal(convert(row(0, 55 / 255, 1))[0, :, 0], [0, 128, 255])


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_keeps_the_order_of_its_greys(transfer: int) -> None:
    convert = from_h273(9, transfer)
    assert convert is not None
    greys = convert(row(*np.linspace(0, 1, 200)))[0].astype(int)
    assert (np.ptp(greys, axis=1) == 0).all()
    assert (np.diff(greys[:, 0]) >= 0).all()
    assert greys[0, 0] == 0
    assert greys[-1, 0] == 255


def test_diffuse_white_of_hdr_is_bright() -> None:
    """203 cd/m²: PQ 58 %, HLG 75 % (ITU-R BT.2408, table 1)."""
    for transfer, level in ((PQ, 0.58), (HLG, 0.75)):
        convert = from_h273(9, transfer)
        assert convert is not None
        assert 215 <= convert(row(level))[0, 0, 0] <= 235


def test_adobes_green_is_stronger_than_srgbs() -> None:
    red, green, blue = from_gamma(ADOBE_RGB, ADOBE_GAMMA)(np.uint8([[[100, 200, 100]]]))[0, 0]
    assert red < 60
    assert green == pytest.approx(201, abs=2)
    assert blue < 100


def test_primaries_on_one_line_are_refused() -> None:
    with pytest.raises(ValueError, match="one line"):
        xyz_from_rgb(Primaries((0.3, 0.3), (0.3, 0.3), (0.3, 0.3)))
