"""Sharpness and grain of the background, brought to those of the clip."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dynascene.imaging.grain import add_grain, grain_of
from dynascene.imaging.pixels import stored_bytes
from dynascene.imaging.sharpness import edge_width, soften
from dynascene.io.picking import pick
from dynascene.types import FrameSource

FRAMES_LOOKED_AT = 5
SOFTEST = 1 / 400  # of the longer side: the most blur, so that fog does not blind the place
GRAINIEST = 8.0  # of 255


class Texture(NamedTuple):
    """Of a clip or a picture; None where nothing tells it.

    width: blur of the sharpest edges in pixels. grain: deviation in stored values.
    """

    width: float | None
    grain: float | None


class TextureChange(NamedTuple):
    """blur: in pixels. grain: deviation in stored values."""

    blur: float
    grain: float


@dataclass
class TextureMatch:
    """Softens the background and adds grain, by what its first frame lacks of the clip's.

    Attributes:
        clip: texture of the person's clip.
        softness, grain: 0 … 1, of the difference that is to vanish.
        seed: of the grain.
        change: one for all frames; None before the first one.
    """

    clip: Texture
    softness: float
    grain: float
    seed: int
    change: TextureChange | None = None

    def soften(self, background: np.ndarray) -> np.ndarray:
        """uint8 or float32 [H, W, 3] → the same."""
        if self.change is None:
            stored = stored_bytes(background)
            self.change = texture_change(self.clip, stored, self.softness, self.grain)
        return soften(background, self.change.blur)

    def add_grain(self, background: np.ndarray, index: int) -> np.ndarray:
        """uint8 or float32 [H, W, 3], softened before → the same, with the grain of one frame."""
        assert self.change is not None, "softened before"
        rng = np.random.default_rng((self.seed, index))
        return add_grain(background, self.change.grain, rng)

    def report(self) -> dict[str, float]:
        """Plain JSON values."""
        blur, grain = self.change or TextureChange(0.0, 0.0)
        return {"blur_pixels": round(blur, 3), "grain": round(grain, 3)}


def texture_of(picture: np.ndarray) -> Texture:
    """Of one picture, uint8 [H, W, 3]."""
    return Texture(edge_width(picture), grain_of(picture))


def clip_texture(frames: FrameSource) -> Texture:
    """The medians over some frames of a clip, person and surroundings alike."""
    looked_at = sorted({round(i) for i in np.linspace(0, len(frames) - 1, FRAMES_LOOKED_AT)})
    textures = [texture_of(frame) for frame in pick(frames, looked_at)]
    middles = []
    for values in zip(*textures, strict=True):
        measured = [value for value in values if value is not None]
        middles.append(float(np.median(measured)) if measured else None)
    return Texture(*middles)


def texture_change(
    clip: Texture, background: np.ndarray, softness: float, grain: float
) -> TextureChange:
    """What the background lacks of the clip's softness and grain. It is never sharpened or cleaned.

    Args:
        background: uint8 [H, W, 3], its first frame.
        softness, grain: 0 … 1, of the difference that is to vanish.
    """
    own = texture_of(background)
    most = SOFTEST * max(background.shape[:2])
    blur = softness * min(most, _missing(clip.width, own.width))
    # blur takes the background's own grain along
    own_grain = grain_of(soften(background, blur)) if blur else own.grain
    return TextureChange(blur, grain * min(GRAINIEST, _missing(clip.grain, own_grain)))


def _missing(wanted: float | None, own: float | None) -> float:
    """Variances add up: what must be added to the one to get the other."""
    if wanted is None or own is None:
        return 0.0
    return max(0.0, wanted**2 - own**2) ** 0.5
