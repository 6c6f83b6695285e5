"""The shadow of a person on the ground of the place: cast, ambient, and tight at the feet.

All three are parts of the light that is missing. The cast shadow lacks the light's direct part, and
softens with the height of what casts it; the ambient one lacks the sky that the body hides; the
contact lacks all that does not get beneath a sole.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.light import PlaceLight
from dynascene.generation.look.card import Cards, shadow_homography, stand_cards
from dynascene.generation.look.footing import Footing
from dynascene.generation.look.ground import GroundView, view_ground
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.tracks import resize_track
from dynascene.imaging.blurring import gaussian_blur
from dynascene.imaging.pixels import stored_bytes
from dynascene.types import CameraTrack, Size

WORKING_SIDE = 640  # pixels: shadows are soft, larger frames show no more
CAST, AMBIENT, CONTACT = 0.8, 0.6, 0.85  # most of the light that each takes, at strength 1
DIFFUSE_AMBIENT = 0.4  # of the ambient part that is left in direct light
SHARP, SOFT = 0.03, 0.25  # blur of the cast shadow, per height of what casts it
LEVELS = (0.05, 0.3, 1.0)  # of the person's height, at which the cast shadow is blurred
AMBIENT_REACH, CONTACT_REACH = 0.17, 0.032  # of the person's height
SOLE = 0.03  # of the person's height: how far above the ground a sole still darkens it
WIDE = 0.04  # of the person's height: half the width of a sole
DEPTH = 2.0  # optical depth beneath one sole
FLATTEST = 0.15  # sine of the angle at which the ground is seen, where circles become ellipses
FADING = 2.5  # of the person's height, over which the cast shadow fades


class Figure(NamedTuple):
    """The person in one frame of the working size.

    person: float32 [H, W], 0 … 1. row: of the ground at the feet. height: in pixels.
    foot: [3], from the camera's centre to where they stand. normal: of their card.
    """

    person: np.ndarray
    row: float
    height: float
    foot: np.ndarray
    normal: np.ndarray

    @property
    def elevations(self) -> np.ndarray:
        """[H] of each row above the ground, as a share of the person's height."""
        return (self.row - np.arange(len(self.person)) - 0.5) / self.height


@dataclass(frozen=True)
class ShadowCaster:
    """Casts the person's shadow.

    Attributes:
        footing: where the person stands.
        light: of the place.
        track: in the scene's world, for the person's frames.
        scene: with its cards.
        strength: 0 … 1.
    """

    footing: Footing
    light: PlaceLight
    track: CameraTrack
    scene: LiftedScene
    strength: float

    def shadow(self, index: int, matte: np.ndarray) -> np.ndarray:
        """As ``missing_light``, rounded to uint8 [H, W, 1], 255 = no light at all."""
        return stored_bytes(self.missing_light(index, matte))

    def missing_light(self, index: int, matte: np.ndarray) -> np.ndarray:
        """The share of the light that the ground lacks in one frame.

        Args:
            index: of the frame.
            matte: uint8 [H, W, 1], 255 = person.

        Returns:
            float32 [H, W, 1], 0 … 1.
        """
        presence = self.strength * self.footing.presence[index]
        if not presence:
            return np.zeros(matte.shape, np.float32)
        track = self._track[index : index + 1]
        figure = self._figure(index, matte)
        ground = view_ground(track, self.scene)
        light = 1 - self._cards.presence[index] * self._cast(figure, track, ground)
        light *= 1 - self._ambient * _around_feet(figure, AMBIENT_REACH)
        light *= 1 - CONTACT * _around_feet(figure, CONTACT_REACH)
        missing = (presence * ground.share * (1 - light)).astype(np.float32)
        return cv2.resize(missing, matte.shape[1::-1], interpolation=cv2.INTER_LINEAR)[..., None]

    @cached_property
    def _track(self) -> CameraTrack:
        scale = min(1.0, WORKING_SIDE / max(self.track.size))
        return resize_track(self.track, Size(*(max(1, round(s * scale)) for s in self.track.size)))

    @cached_property
    def _feet(self) -> np.ndarray:
        """[F, 3], from the camera's centre to where the person stands."""
        return self.footing.points - camera_centres(self.track.cam_from_world).double().numpy()

    @cached_property
    def _cards(self) -> Cards:
        return stand_cards(self._feet, np.radians(self.light.azimuth))

    @property
    def _ambient(self) -> float:
        return AMBIENT * (1 - (1 - DIFFUSE_AMBIENT) * self.light.directness)

    def _figure(self, index: int, matte: np.ndarray) -> Figure:
        size = self._track.size
        person = cv2.resize(matte, tuple(size), interpolation=cv2.INTER_AREA)
        scale = size.height / matte.shape[0]
        return Figure(
            person.astype(np.float32) / 255,
            self.footing.rows[index] * scale,
            self.footing.heights[index] * scale,
            self._feet[index],
            self._cards.normals[index],
        )

    def _cast(self, figure: Figure, track: CameraTrack, ground: GroundView) -> np.ndarray:
        """What the cast shadow takes of the light, [H, W]."""
        if not self.light.directness:
            return np.zeros_like(figure.person)
        camera = track.intrinsics[0].double().numpy()
        rotation = track.cam_from_world[0, :3, :3].double().numpy()
        homography = shadow_homography(
            camera, rotation, figure.normal, figure.foot, self.light.direction
        )
        softness = SOFT + (SHARP - SOFT) * self.light.directness
        cast = _warped(_softened(figure, softness), homography)
        # a person's height in units: pixels · depth / focal
        depth = float((rotation @ figure.foot)[2])
        height = figure.height * depth / camera[1, 1]
        away = ground.offsets - figure.foot[::2].astype(np.float32)
        fade = np.exp(-((away**2).sum(-1) / (FADING * height) ** 2))
        return CAST * np.sqrt(self.light.directness) * cast * fade


def _warped(picture: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """A picture after a homography between pixel positions; the first pixel's centre is at 0.5."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    between_indices = np.linalg.inv(half) @ homography @ half
    return cv2.warpPerspective(picture, between_indices, picture.shape[1::-1])


def _softened(figure: Figure, softness: float) -> np.ndarray:
    """The person above the ground, [H, W], blurred in proportion to the height above it."""
    above = figure.person * np.clip(figure.elevations * figure.height + 0.5, 0, 1)[:, None]
    above = above.astype(np.float32)
    elevations = np.clip(figure.elevations, LEVELS[0], LEVELS[-1])
    result = np.zeros_like(above)
    for level in LEVELS:
        weight = np.interp(elevations, LEVELS, [float(level == other) for other in LEVELS])
        blurred = gaussian_blur(above, softness * level * figure.height)
        result += weight[:, None].astype(np.float32) * blurred
    return result


def _around_feet(figure: Figure, reach: float) -> np.ndarray:
    """How much of the light soles keep from the ground around them, [H, W] in 0 … 1.

    reach: how far, as a share of the person's height.
    """
    nearness = np.exp(-np.maximum(figure.elevations, 0) / SOLE)
    soles = figure.person * nearness[:, None].astype(np.float32)
    across = reach * figure.height
    tilt = max(figure.foot[1] / float(np.linalg.norm(figure.foot)), FLATTEST)
    down = across * tilt
    # the peak of a single sole after the blur, so that reach changes the area and not the depth
    width, height = (np.hypot(b, s * figure.height) for b, s in ((across, WIDE), (down, SOLE / 2)))
    peak = WIDE * SOLE * figure.height**2 / (2 * np.pi * width * height)
    return 1 - np.exp(-DEPTH * gaussian_blur(soles, across, down) / peak)
