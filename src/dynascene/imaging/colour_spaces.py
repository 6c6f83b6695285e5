"""Colour spaces that files name: to sRGB, high dynamic range included.

Numbers of primaries and transfer characteristics are those of ITU-T H.273, which video streams and
PNG's cICP use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.imaging.colour import linear_from_srgb, srgb_from_linear
from dynascene.imaging.tables import look_up

Curve = Callable[[np.ndarray], np.ndarray]
Point = tuple[float, float]

D65: Point = (0.3127, 0.3290)
D50_XYZ = np.array([0.96422, 1.0, 0.82521])  # the white of ICC profiles
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
REFERENCE_WHITE = 203.0  # cd/m² of diffuse white in HDR (ITU-R BT.2408)
PEAK = 1000.0  # cd/m² that become white; what is brighter is clipped
LUMINANCE_2020 = np.array([0.2627, 0.6780, 0.0593], np.float32)
KNEE = 0.5  # of diffuse white: light above it is compressed
LEVELS = 65_536


class Primaries(NamedTuple):
    """CIE 1931 chromaticities (x, y)."""

    red: Point
    green: Point
    blue: Point
    white: Point = D65


REC709 = Primaries((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
ADOBE_RGB = Primaries((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
ADOBE_GAMMA = 563 / 256
ILLUMINANT_C: Point = (0.310, 0.316)
PRIMARIES = {  # H.273; what is not listed counts as Rec. 709
    4: Primaries((0.670, 0.330), (0.210, 0.710), (0.140, 0.080), ILLUMINANT_C),  # NTSC of 1953
    5: Primaries((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),  # PAL and SECAM
    6: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # NTSC
    7: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    8: Primaries((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), ILLUMINANT_C),  # film
    9: Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    11: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),  # DCI-P3
    12: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
    22: Primaries((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
LINEAR, PQ, CINEMA, HLG = 8, 16, 17, 18


def xyz_from_rgb(primaries: Primaries, white_xyz: np.ndarray | None = None) -> np.ndarray:
    """[3, 3] from linear RGB to CIE XYZ.

    Args:
        primaries: of the RGB.
        white_xyz: the white to which XYZ is adapted (Bradford); None: that of the primaries.

    Raises:
        ValueError: the primaries span no triangle.
    """
    columns = np.stack([_xyz(point) for point in primaries[:3]], axis=1)
    white = _xyz(primaries.white)
    try:
        matrix = columns * np.linalg.solve(columns, white)
    except np.linalg.LinAlgError as error:
        raise ValueError("primaries on one line") from error
    if white_xyz is None:
        return matrix
    return adaptation(white, white_xyz) @ matrix


def rec709_from_primaries(primaries: Primaries) -> np.ndarray:
    """[3, 3] from linear RGB of these primaries to that of Rec. 709; white becomes white.

    Raises:
        ValueError: the primaries span no triangle.
    """
    white = xyz_from_rgb(REC709) @ np.ones(3)
    return np.linalg.solve(xyz_from_rgb(REC709), xyz_from_rgb(primaries, white))


def adaptation(white: np.ndarray, to_white: np.ndarray) -> np.ndarray:
    """[3, 3] on CIE XYZ, from one white to another (Bradford)."""
    scale = (BRADFORD @ to_white) / (BRADFORD @ white)
    return np.linalg.solve(BRADFORD, scale[:, None] * BRADFORD)


def _xyz(point: Point) -> np.ndarray:
    x, y = point
    if y == 0:  # below 0 lie imaginary colours, such as the blue of ACES2065-1
        raise ValueError("chromaticity without brightness")
    return np.array([x / y, 1.0, (1 - x - y) / y])


@dataclass(frozen=True, eq=False)
class SrgbConversion:
    """Pictures of another colour space to sRGB.

    Attributes:
        light: stored values 0 … 1 → light, where 1 is diffuse white; one curve, or one a channel.
        matrix: [3, 3], light's linear RGB → that of sRGB.
        peak: the most light there is; above 1 highlights are compressed.
        scene_gamma: exponent by which light grows with its own luminance on a display (HLG), or 1.
    """

    light: Curve | tuple[Curve, Curve, Curve]
    matrix: np.ndarray
    peak: float = 1.0
    scene_gamma: float = 1.0

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 or uint16 [H, W, 3] → uint8 sRGB of the same shape."""
        levels = self._light_in_srgb(pixels)
        levels *= np.float32(LEVELS - 1)
        levels += np.float32(0.5)
        return look_up(levels.astype(np.uint16), SRGB_OF_LIGHT)

    def floats(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 or uint16 [H, W, 3] → float32 sRGB in 0 … 1 of the same shape."""
        return srgb_from_linear(self._light_in_srgb(pixels)).astype(np.float32)

    def _light_in_srgb(self, pixels: np.ndarray) -> np.ndarray:
        light = self._light(pixels)
        if self.scene_gamma != 1:
            scene = np.maximum(light @ LUMINANCE_2020, 1e-6)[..., None]
            light *= (scene ** np.float32(self.scene_gamma - 1)) * np.float32(self.peak)
        light = np.asarray(cv2.transform(light, self.matrix))
        if self.peak > 1:
            light = _compressed(light, self.peak)
        return np.clip(light, 0, 1, out=light)

    def _light(self, pixels: np.ndarray) -> np.ndarray:
        tables = self._tables[pixels.dtype.itemsize]
        if len(tables) == 1:
            return look_up(pixels, tables[0])
        return np.stack([look_up(pixels[..., k], table) for k, table in enumerate(tables)], axis=-1)

    @cached_property
    def _tables(self) -> dict[int, list[np.ndarray]]:
        steps = {1: np.arange(256) / 255, 2: np.arange(LEVELS) / (LEVELS - 1)}
        curves = self.light if isinstance(self.light, tuple) else (self.light,)
        return {
            size: [curve(values).astype(np.float32) for curve in curves]
            for size, values in steps.items()
        }


def _compressed(light: np.ndarray, peak: float) -> np.ndarray:
    """Highlights rolled off, by the brightest channel, so that hues stay: peak → 1, knee → knee.

    Reinhard's extended curve t (1 + t/T²) / (1 + t) above the knee, whose slope at 0 is 1.
    """
    brightest = light.max(axis=-1, keepdims=True)  # a negative one is out of sRGB's gamut
    top = np.float32((peak - KNEE) / (1 - KNEE))
    t = np.minimum(np.maximum((brightest - KNEE) / np.float32(1 - KNEE), 0), top)
    rolled = KNEE + np.float32(1 - KNEE) * t * (1 + t / top**2) / (1 + t)
    scale = np.where(brightest > KNEE, rolled / np.maximum(brightest, 1e-6), 1)
    return light * scale.astype(np.float32)


def compressed_highlights(light: np.ndarray) -> np.ndarray:
    """Linear light [H, W, 3], where 1 is white, as HDR video becomes SDR; float32 in 0 … 1."""
    return _compressed(light.astype(np.float32), PEAK / REFERENCE_WHITE).clip(0, 1)


SRGB_OF_LIGHT = np.rint(255 * srgb_from_linear(np.arange(LEVELS) / (LEVELS - 1))).astype(np.uint8)


def from_h273(primaries: int, transfer: int) -> SrgbConversion | None:
    """The conversion for H.273's numbers; None where stored values count as sRGB.

    The transfer characteristics of SDR video (1, 4–7, 11–15) are read as sRGB's.
    """
    source = PRIMARIES.get(primaries, REC709)
    matrix = rec709_from_primaries(source)
    if transfer == PQ:
        return SrgbConversion(_light_of_pq, matrix, peak=PEAK / REFERENCE_WHITE)
    if transfer == HLG:
        return SrgbConversion(_light_of_hlg, matrix, PEAK / REFERENCE_WHITE, scene_gamma=1.2)
    if transfer == LINEAR:
        return SrgbConversion(np.asarray, matrix)
    if transfer == CINEMA:
        return SrgbConversion(partial(_power, gamma=2.6), matrix)
    return None if source is REC709 else SrgbConversion(linear_from_srgb, matrix)


def from_gamma(primaries: Primaries, gamma: float | None) -> SrgbConversion:
    """The conversion for light = value^gamma; gamma None: sRGB's own curve.

    Raises:
        ValueError: the primaries span no triangle.
    """
    matrix = rec709_from_primaries(primaries)
    curve = linear_from_srgb if gamma is None else partial(_power, gamma=gamma)
    return SrgbConversion(curve, matrix)


def from_profile(curves: tuple[Curve, Curve, Curve], xyz_d50: np.ndarray) -> SrgbConversion:
    """The conversion for a profile's curves and its [3, 3] from linear RGB to XYZ of white D50."""
    return SrgbConversion(curves, np.linalg.solve(xyz_from_rgb(REC709, D50_XYZ), xyz_d50))


def _power(values: np.ndarray, gamma: float) -> np.ndarray:
    return values**gamma


def _light_of_pq(values: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, relative to diffuse white."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = values ** (1 / m2)
    return 10_000 / REFERENCE_WHITE * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


def _light_of_hlg(values: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100: light of the scene, 0 … 1."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    return np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
