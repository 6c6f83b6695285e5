"""The things by name: how the bearer's body holds them, what they are, and what covers them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch.nn.functional as F

from composited import carrying, riding
from composited.bearer import Bearer, Part, Skins
from composited.postures import Posture
from dynascene.datasets.imagery import load_picture
from dynascene.imaging.colour import linear_from_srgb
from dynascene.synthetic.solid.mesh import Skin

CLOTH = "42_fabric_pattern_07_col_1_1k"
BOARD = "17_laminate_floor_02_diff_1k"
RIBBED = "00_corrugatedsteel005_1k_jpg_color"
MEAN = 0.7  # linear light of a texture before its tint


class Thing(NamedTuple):
    """A kind of thing.

    Attributes:
        posture: of the bearer after some metres of way [T].
        parts: of the thing.
        facing: degrees to the right of the way that the bearer faces.
        rise: metres by which the bearer stands above the ground.
    """

    posture: Callable[[np.ndarray], Posture]
    parts: Callable[[Bearer, Skins], list[Part]]
    facing: float = 0.0
    rise: float = 0.0


def _hold(
    lean: float = 0.0, sink: float = 0.0, **targets: tuple[float, float, float]
) -> Callable[[np.ndarray], Posture]:
    """Hands and feet that stay where they are before the body: left, up, ahead."""
    limbs = {name.replace("_", " "): np.array([at]) for name, at in targets.items()}
    return lambda way: Posture(limbs, lean, sink)


def _cycling(way: np.ndarray) -> Posture:
    feet = {
        f"{side} foot": riding.pedal_places(way, sign) + np.array([0.0, 0.1, -0.1])
        for side, sign in (("left", 1.0), ("right", -1.0))
    }
    hands = {
        f"{side} hand": np.array([[0.24 * sign, 1.06, 0.4]])
        for side, sign in (("left", 1.0), ("right", -1.0))
    }
    return Posture(feet | hands, lean=0.3)


THINGS = {
    "suitcase": Thing(_hold(right_hand=(-0.28, 0.82, -0.1)), carrying.suitcase),
    "carton": Thing(
        _hold(left_hand=(0.23, 1.0, 0.3), right_hand=(-0.23, 1.0, 0.3)), carrying.carton
    ),
    "umbrella": Thing(_hold(right_hand=(-0.16, 1.2, 0.26)), carrying.umbrella),
    "backpack": Thing(_hold(), carrying.backpack),
    "ball": Thing(_hold(), carrying.ball),
    "skateboard": Thing(
        _hold(
            sink=0.1, left_hand=(0.5, 1.05, 0.15), right_hand=(-0.5, 1.0, 0.1),
            left_foot=(0.24, 0.09, -0.02), right_foot=(-0.24, 0.09, -0.02),
        ),
        riding.skateboard, facing=90.0, rise=riding.DECK,
    ),
    "scooter": Thing(
        _hold(
            lean=0.1, left_hand=(0.2, 0.94, 0.3), right_hand=(-0.2, 0.94, 0.3),
            left_foot=(0.03, 0.09, 0.1), right_foot=(-0.03, 0.09, -0.2),
        ),
        riding.scooter, rise=riding.DECK,
    ),
    "bicycle": Thing(_cycling, riding.bicycle),
}  # fmt: skip


def cover(imagery: Path, pictures: np.ndarray) -> tuple[np.ndarray, Skins]:
    """A character's pictures with those of things behind them, and the skins that show them.

    Args:
        imagery: the folder of training imagery.
        pictures: float32 [L, S, S, 4], the first of them white.
    """
    folder, side = imagery / "textures", pictures.shape[1]
    layers = [_picture(folder / f"{name}.jpg", side) for name in (CLOTH, BOARD, RIBBED)]
    first = len(pictures)
    skins = Skins(Skin(0, 1.0), Skin(first, 0.16), Skin(first + 1, 0.9), Skin(first + 2, 0.35))
    return np.concatenate([pictures, np.stack(layers)]), skins


def _picture(path: Path, side: int) -> np.ndarray:
    """A texture without its own colour, since tints colour it: float32 [S, S, 4]."""
    stored = load_picture(path, 2 * side)[None].float() / 255
    square = F.interpolate(stored, (side, side), mode="bilinear", antialias=True)[0]
    light = linear_from_srgb(square).mean(0)
    grey = (light / light.mean() * MEAN).clamp(0, 1).numpy()
    return np.stack([grey, grey, grey, np.ones_like(grey)], -1)
