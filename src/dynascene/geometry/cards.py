"""Things that stand in the picture of a place, as cards: cut out, and stood on the ground.

What a card hides is continued and counts as not photographed. How a card goes on beyond the
picture: card_canvas.py.

H W pixels of the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from dynascene.geometry.canvas_pixels import PHOTOGRAPHED
from dynascene.geometry.lifting import LiftedScene, SceneLayer
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.screen import Screen
from dynascene.imaging.blurring import gaussian_blur

NEAR_FEET = 0.6  # of the rows between horizon and lowest foot: corners above are not on the ground
LEAST_STEP = 0.02  # of the picture's width: the shortest panel
RIM = 3, 0.004  # around a thing, part of its card: pixels at least, share of the width
BESIDE = 2.0  # how much farther away a pixel above or below counts than one to the side
FEW = 0.02  # of a Gaussian's weight, from which open pixels tell the colour of hidden ones


@dataclass(frozen=True)
class Upright:
    """A thing that stands on the ground, as the picture shows it.

    mask: float32 [H, W], 1 where it is seen.
    feet: [K, 2] float64, K ≥ 2, where it meets the ground: pixels from the left to the right, all
        below the horizon.
    """

    mask: np.ndarray
    feet: Tensor


def foot_line(mask: np.ndarray, camera: PictureCamera) -> Tensor | None:
    """Where a thing meets the ground, by the lower outline of its mask.

    The lower outline's convex hull is how a thing of upright sides and convex base stands. Corners
    of it far above the lowest point rather hang over the ground; from the last one that stands, the
    line goes on across the picture.

    Args:
        mask: [H, W], positive where the thing is seen.

    Returns:
        Pixels [K, 2] as for ``Upright``; None where nothing is below the horizon.
    """
    seen = mask > 0.5
    columns = np.flatnonzero(seen.any(axis=0))
    if not len(columns):
        return None
    lowest = len(seen) - np.argmax(seen[::-1], axis=0)[columns]
    corners = _lower_hull(np.column_stack([columns + 0.5, lowest]).astype(np.float64))
    below = corners[:, 1] - camera.horizon
    if below.max() <= 0:
        return None
    standing = corners[below >= NEAR_FEET * below.max()]
    step = LEAST_STEP * camera.size.width
    feet = [standing[0]]
    for corner in standing[1:]:
        if corner[0] - feet[-1][0] >= step:
            feet.append(corner)
    left, right = feet[0] - [step, 0], feet[-1] + [step, 0]
    return torch.from_numpy(np.array([left, *feet, right]))


def _lower_hull(points: np.ndarray) -> np.ndarray:
    """Corners [K, 2], from the left to the right, of the hull's lower side (rows grow downwards).

    points: [N, 2], by growing columns.
    """
    hull: list[np.ndarray] = []
    for point in points:
        while len(hull) > 1 and _turn(hull[-2], hull[-1], point) >= 0:
            hull.pop()
        hull.append(point)
    return np.array(hull)


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    """Negative where b lies below the line from a to c."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


class HiddenThingError(ValueError):
    """Nearer things, with their rims, take all pixels of a thing. number: the thing's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"nearer things hide thing {number}")
        self.number = number


def stand_up(scene: LiftedScene, uprights: Sequence[Upright]) -> LiftedScene:
    """The scene with things as cards in front of its layers.

    Args:
        scene: of one layer, a flat picture.
        uprights: with masks of the picture's size.

    Raises:
        HiddenThingError: nothing is left of one of them behind the nearer ones.
    """
    screens = [_screen(scene, upright) for upright in uprights]
    order = sorted(range(len(screens)), key=lambda n: _distance(screens[n]))
    cards, outlines = [], []
    hidden = np.zeros(uprights[0].mask.shape, bool)
    for number in order:
        seen = uprights[number].mask > 0.5
        if not (seen & ~hidden).any():
            raise HiddenThingError(number)
        outline = _outline(seen)
        cards.append(_card(scene.picture, outline.solid * ~hidden, screens[number]))
        outlines.append(outline)
        hidden |= outline.hidden
    (ground,) = scene.layers
    return replace(
        scene, layers=(replace(ground, picture=_without(ground.picture, outlines)),),
        cards=tuple(cards),
    )  # fmt: skip


def standing_points(scene: LiftedScene, feet: Tensor) -> Tensor:
    """Pixels [K, 2] below the horizon → points [K, 3] of the ground, in the scene's world."""
    directions = scene.camera.directions_from_pixels(feet)
    return directions * (scene.surface.height / directions[:, 1:2])


def is_before(scene: LiftedScene, upright: Upright) -> bool:
    """Whether every ray to the thing meets the upright plane above its feet ahead."""
    columns = np.flatnonzero((upright.mask > 0).any(axis=0))
    rows = np.flatnonzero((upright.mask > 0).any(axis=1))
    corners = [(x, y) for x in (columns[0], columns[-1] + 1) for y in (rows[0], rows[-1] + 1)]
    rays = scene.camera.directions_from_pixels(torch.tensor(corners, dtype=torch.float64))
    hits = _screen(scene, upright).hit(torch.zeros_like(rays), rays)
    return bool(((hits * rays).sum(-1) > 0).all())


def _screen(scene: LiftedScene, upright: Upright) -> Screen:
    return Screen(standing_points(scene, upright.feet)[:, ::2], scene.surface.height)


def _distance(screen: Screen) -> float:
    return float(screen.feet.norm(dim=-1).min())


class _Outline(NamedTuple):
    """What a card takes from the picture, and what it leaves.

    A rim of the surroundings goes with the thing, since an outline is never exact and what it
    misses would stay behind. Under the outer half of the rim everything stays as it is in the
    picture, so that no seam shows from where that was taken.

    solid: float32 [H, W] in 0 … 1, of the card. hidden: bool [H, W], where what is behind the card
    is not known. around: bool [H, W], the thing with its whole rim.
    """

    solid: np.ndarray
    hidden: np.ndarray
    around: np.ndarray


def _outline(seen: np.ndarray) -> _Outline:
    """Of a thing, bool [H, W]."""
    rim = max(RIM[0], RIM[1] * seen.shape[1])
    distance = ndimage.distance_transform_edt(~seen)
    solid = np.clip(rim + 1 - distance, 0, 1).astype(np.float32)
    for border in ((0,), (-1,), (slice(None), 0), (slice(None), -1)):
        if not seen[border].any():  # a card at a border is taken as cut by it
            solid[border] = 0
    return _Outline(solid, (distance <= rim / 2) & (solid == 1), distance <= rim)


def _card(picture: Tensor, solid: np.ndarray, screen: Screen) -> SceneLayer:
    shown = torch.from_numpy(np.ascontiguousarray(solid, dtype=np.float32))[None]
    return SceneLayer(torch.cat([picture, torch.ones_like(shown), shown]), screen)


def _without(picture: Tensor, outlines: Sequence[_Outline]) -> Tensor:
    """A solid picture [5, H, W] whose hidden parts are continued from what lies beside them."""
    hidden = np.logical_or.reduce([outline.hidden for outline in outlines])
    around = np.logical_or.reduce([outline.around for outline in outlines])
    if around.all():
        return picture
    colours = picture[:3].movedim(0, -1).numpy()
    rows, columns, is_mirrored = _mirrored(around)
    rim = max(RIM[0], RIM[1] * hidden.shape[1])
    sharp = gaussian_blur(is_mirrored.astype(np.float32), rim)[..., None]
    fill = sharp * colours[rows, columns] + (1 - sharp) * _diffused(colours, ~around, rim)
    result = picture.clone()
    result[:3] = torch.from_numpy(np.where(hidden[..., None], fill, colours)).movedim(-1, 0)
    result[PHOTOGRAPHED] *= torch.from_numpy(~hidden)
    return result


def _mirrored(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each hidden pixel the row and column of its mirror image at the nearest open one.

    A row of the ground lies at one distance, so what is beside a thing rather goes on behind it
    than what is above or below. The last array is False where the mirror image is no open pixel.
    """
    rows, columns = np.indices(hidden.shape)
    nearest = ndimage.distance_transform_edt(
        hidden, sampling=(BESIDE, 1.0), return_distances=False, return_indices=True
    )
    row, column = 2 * nearest[0] - rows, 2 * nearest[1] - columns
    height, width = hidden.shape
    within = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    row, column = row.clip(0, height - 1), column.clip(0, width - 1)
    return row, column, within & ~hidden[row, column]


def _diffused(colours: np.ndarray, is_open: np.ndarray, finest: float) -> np.ndarray:
    """Smooth colours [H, W, 3] everywhere: means of open pixels, over as few as tell a colour.

    finest: the least standard deviation of a mean, in pixels.
    """
    weights = is_open.astype(np.float32)
    result = np.broadcast_to(colours[is_open].mean(axis=0), colours.shape)
    sigma = max(colours.shape) / 2
    while sigma > finest:
        deviations = sigma, sigma / BESIDE
        share = gaussian_blur(weights, *deviations)[..., None]
        mean = gaussian_blur(colours * weights[..., None], *deviations) / np.maximum(share, 1e-6)
        weight = np.clip(share / FEW, 0, 1)
        result = result + weight * (mean - result)
        sigma /= 2
    return result
