"""Where the light of a place comes from, as far as its picture tells."""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
import torch

from dynascene.geometry.picture import PictureCamera
from dynascene.imaging.colour import LIGHT_OF_BYTE, LUMINANCE_709

WIDTH = 160  # pixels across that are looked at
LEAST_SKY = 0.08  # of the picture above the horizon: less tells nothing
BRIGHT = 0.95  # of the range of light: a lamp, the sun, or the glow around them …
OUTSHINES = 5.0  # … which outshines what else is above the horizon; white clouds and walls do not
LARGEST_SOURCE = 0.06  # of the picture: what is larger lights from everywhere
ONE_SOURCE = 0.6  # of all that is bright, in one place: otherwise there are several lights
BRIGHT_PART = 80.0  # percentile of a column's light: the sky between what stands before it
LEAST_SLOPE, LEAST_FIT = 1.0, 0.5  # stops across the picture, and r², of a side that is brighter
SIDE_TRUST = 0.7  # most confidence in it: a dark wall makes the other side brighter, too
BESIDE, SIDE_ELEVATION = 30.0, 40.0  # degrees beyond the picture's border; above the horizon
LOWEST, HIGHEST = 20.0, 80.0  # degrees: a shadow of three lengths, and one beneath the feet


@dataclass(frozen=True)
class PlaceLight:
    """The main light of a place.

    Attributes:
        azimuth: degrees, of the direction to it: 0 = where the picture's middle looks, positive to
            the right, 180 = behind the camera.
        elevation: degrees above the horizon.
        directness: 0 = from everywhere, as under clouds, 1 = from one point.
        confidence: in the direction, 0 … 1.
        evidence: what tells it.
    """

    azimuth: float
    elevation: float
    directness: float
    confidence: float
    evidence: str

    @property
    def direction(self) -> np.ndarray:
        """Unit vector [3] to the light in the scene's world (x right, y down, z forward)."""
        azimuth, elevation = np.radians([self.azimuth, self.elevation])
        level = np.cos(elevation)
        return np.array([np.sin(azimuth) * level, -np.sin(elevation), np.cos(azimuth) * level])

    def report(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {n: v if isinstance(v, str) else round(v, 3) for n, v in asdict(self).items()}


def diffuse_light(evidence: str) -> PlaceLight:
    """Light from everywhere above."""
    return PlaceLight(0.0, 90.0, 0.0, 0.0, evidence)


def estimate_light(picture: np.ndarray, camera: PictureCamera) -> PlaceLight:
    """The light of a place: a source in the picture, its brighter side, or diffuse light.

    Args:
        picture: uint8 [H, W, 3] sRGB.
        camera: of the picture.
    """
    height = max(1, round(WIDTH * picture.shape[0] / picture.shape[1]))
    small = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
    light = LIGHT_OF_BYTE[np.asarray(small, np.uint8)]
    luminance = light @ np.array(LUMINANCE_709, np.float32)
    above = min(height, max(0, int(camera.horizon * WIDTH / camera.size.width)))
    if above < LEAST_SKY * height:
        return diffuse_light("the picture shows too little above the horizon")
    sky = luminance[:above]
    return _source(sky, camera) or _brighter_side(sky, camera)


def _source(sky: np.ndarray, camera: PictureCamera) -> PlaceLight | None:
    """A compact bright place above the horizon; None where there is none, or several."""
    bright = (sky >= BRIGHT).astype(np.uint8)
    stats, centroids = cv2.connectedComponentsWithStats(bright)[2:]
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas) or areas.max() < 3:
        return None
    pixels = WIDTH * WIDTH * camera.size.height / camera.size.width
    share, unity = areas.max() / pixels, areas.max() / areas.sum()
    if share > LARGEST_SOURCE or unity < ONE_SOURCE or OUTSHINES * np.median(sky) > BRIGHT:
        return None
    azimuth, elevation = _direction(centroids[1 + areas.argmax()], camera)
    compactness = unity * (1 - share / LARGEST_SOURCE)
    return PlaceLight(azimuth, elevation, 0.8 * compactness, compactness, "a bright source in view")


def _direction(pixel: np.ndarray, camera: PictureCamera) -> tuple[float, float]:
    """Azimuth and elevation in degrees of a pixel of the small picture."""
    u, v = (np.asarray(pixel) + 0.5) * camera.size.width / WIDTH
    middle = camera.size.width / 2, camera.size.height / 2
    ray = torch.tensor([u - middle[0], v - middle[1], camera.focal], dtype=torch.float64)
    x, y, z = (camera.scene_from_picture @ ray).tolist()
    elevation = np.degrees(np.arctan2(-y, np.hypot(x, z)))
    return float(np.degrees(np.arctan2(x, z))), float(np.clip(elevation, LOWEST, HIGHEST))


def _brighter_side(sky: np.ndarray, camera: PictureCamera) -> PlaceLight:
    """Light from beyond the side on which the sky is brighter, or from everywhere."""
    stops = np.log2(np.percentile(sky, BRIGHT_PART, axis=0) + 1e-3)
    across = np.linspace(-0.5, 0.5, len(stops))
    slope = across @ (stops - stops.mean()) / (across @ across)
    fit = slope**2 * (across @ across) / max(((stops - stops.mean()) ** 2).sum(), 1e-12)
    if abs(slope) < LEAST_SLOPE or fit < LEAST_FIT:
        return diffuse_light("no side of the picture is clearly brighter")
    half_view = np.degrees(np.arctan2(camera.size.width / 2, camera.focal))
    confidence = SIDE_TRUST * float(fit * min(1.0, abs(slope) / 3))
    azimuth = float(np.sign(slope) * (half_view + BESIDE))
    side = "right" if slope > 0 else "left"
    return PlaceLight(
        azimuth, SIDE_ELEVATION, 0.6 * confidence, confidence, f"brighter towards the {side}"
    )
