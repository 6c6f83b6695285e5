"""Things of the picture that are to stand: cut out in the boxes of a request, and made cards."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.estimators.things_in_boxes import cut_out_thing
from dynascene.geometry.cards import (
    HiddenThingError,
    Upright,
    foot_line,
    is_before,
    stand_up,
    standing_points,
)
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.picture_boxes import pixels_of, text_of

CLOSE = 0.999  # of the way to a foot, which lies on the ground itself
SAME = 0.6  # of the smaller of two things in the other: they are one
BEFORE = 0.95  # times as far as a thing is one that stands before it, and is no part of it
RIM = 0.01  # of the picture's width around a thing: there the one behind it may be its edge
CUT = 0.2  # of a side of a box: what touches more of it goes on beyond
# Of a box, and of its height: what fills or spans less is a piece of the thing. Whole cars, trucks,
# buses, tables and benches fill 0.26 to 0.77 of boxes with room around them and span 0.71 or more;
# the head of a lamp post fills 0.09, a sign without its post spans 0.5, an umbrella 0.62, and a
# dark car without its wheels 0.63, at most.
FILLED, SPANNED = 0.2, 0.65


class StandingThings(NamedTuple):
    """scene: with its cards. uprights: of the boxes, in their order. report: what report.json says
    of each. doubts: one line each."""

    scene: LiftedScene
    uprights: tuple[Upright, ...]
    report: list[dict[str, Any]]
    doubts: list[str]


def stand_things(
    scene: LiftedScene, pixels: np.ndarray, boxes: Sequence[tuple[float, ...]]
) -> StandingThings:
    """Stand things of the picture on the place's ground.

    Args:
        scene: ground and backdrop, or a box.
        pixels: uint8 [H, W, 3] of the picture.
        boxes: as ``PlaceInput.upright``.

    Raises:
        InputError: a box holds nothing that stands on ground within the picture, what another one
            holds, or what nearer things hide.
    """
    uprights = _apart(scene, [_upright(scene, pixels, box) for box in boxes], boxes)
    report = [
        {"box": list(box[:4]), "feet": upright.feet.round(decimals=1).tolist()}
        for box, upright in zip(boxes, uprights, strict=True)
    ]
    pairs = zip(uprights, boxes, strict=True)
    doubts = [
        doubt
        for upright, box in pairs
        if (doubt := doubt_of_piece(upright.mask, box) or doubt_of_cut(upright.mask, box))
    ]
    try:
        return StandingThings(stand_up(scene, uprights), tuple(uprights), report, doubts)
    except HiddenThingError as error:
        raise InputError(
            f"`upright` {text_of(boxes[error.number])}: the things of other boxes hide it; leave "
            "it out, or draw the other boxes closer around their things"
        ) from None


def _apart(
    scene: LiftedScene, uprights: Sequence[Upright], boxes: Sequence[tuple[float, ...]]
) -> list[Upright]:
    """Each thing without those before it, which a box around it holds too.

    Raises InputError where two boxes hold the same thing, or one a part of the other's: it stands
    no nearer.
    """
    areas = [int((upright.mask > 0.5).sum()) for upright in uprights]
    within: dict[int, list[int]] = {}  # a larger thing: the smaller ones that its mask holds
    for pair in combinations(range(len(uprights)), 2):
        small, large = sorted(pair, key=lambda number: areas[number])
        overlap = int(((uprights[small].mask > 0.5) & (uprights[large].mask > 0.5)).sum())
        if overlap > SAME * areas[large]:
            raise _same_thing(boxes, pair)
        if overlap > SAME * areas[small]:
            within.setdefault(large, []).append(small)
    apart = list(uprights)
    for large, numbers in within.items():
        rest = _rest(uprights[large], [uprights[number] for number in numbers], boxes[large])
        for small in numbers:
            without = None if boxes[large][4:] else rest
            if not _stands_before(scene, uprights[small], uprights[large], without, boxes[small]):
                raise _same_thing(boxes, sorted((small, large)))
        given, text = boxes[large][4:], f"`upright` {text_of(boxes[large])}"
        apart[large] = Upright(rest, uprights[large].feet if given else _feet(scene, text, rest))
    return apart


def _same_thing(boxes: Sequence[tuple[float, ...]], pair: Sequence[int]) -> InputError:
    first, second = (text_of(boxes[number]) for number in pair)
    return InputError(
        f"`upright` {first} and {second}: hold the same thing; leave one of them out, or "
        "draw each around one thing alone, down to where it stands"
    )


def _stands_before(
    scene: LiftedScene,
    one: Upright,
    other: Upright,
    rest: np.ndarray | None,
    box: tuple[float, ...],
) -> bool:
    """Whether a thing stands nearer than a larger one whose mask holds it.

    Args:
        rest: [H, W], the larger one without such things, whose feet its mask may hold, too; None
            where its own feet are given.
        box: of the smaller one; it cuts a part out of a larger thing, and goes around a whole one.
    """
    if _is_nearer(scene, one.feet, other.feet):
        return True
    if rest is None or doubt_of_cut(one.mask, box):
        return False
    columns = (one.mask > 0.5).any(axis=0)
    beside = foot_line(np.where(columns, np.float32(0), rest), scene.camera)
    if beside is None:
        return False
    x, (line_x, line_y) = one.feet[:, 0].numpy(), beside.T.numpy()
    behind = np.column_stack([x, np.interp(x, line_x, line_y)])  # where the larger one goes on
    return _is_nearer(scene, one.feet, torch.from_numpy(behind))


def _is_nearer(scene: LiftedScene, feet: Tensor, other: Tensor) -> bool:
    return _distance(scene, feet) < BEFORE * _distance(scene, other)


def _distance(scene: LiftedScene, feet: Tensor) -> float:
    """Of the nearest foot, along the ground."""
    return float(standing_points(scene, feet)[:, ::2].norm(dim=-1).min())


def _rest(upright: Upright, nearer: Sequence[Upright], box: tuple[float, ...]) -> np.ndarray:
    """The mask [H, W] of a thing without others, and without their rims."""
    rim = 2 * round(RIM * upright.mask.shape[1]) + 1
    others = np.any([each.mask > 0.5 for each in nearer], axis=0).astype(np.uint8)
    around = cv2.dilate(others, np.ones((rim, rim), np.uint8))
    rest = np.where(around > 0, np.float32(0), upright.mask)
    if not (rest > 0.5).any():
        raise InputError(f"`upright` {text_of(box)}: what stands before it hides it; leave it out")
    return rest


def doubt_of_cut(mask: np.ndarray, box: tuple[float, ...]) -> str:
    """One line where a box seems to cut what it holds; else empty.

    A side on the picture's border may cut it, and the lower one is where it stands.

    Args:
        mask: [H, W] in 0 … 1, what was cut out in the box.
        box: as ``PlaceInput.upright``.
    """
    within = mask[pixels_of(box[:4])] > 0.5
    x0, y0, x1, _ = (round(number) for number in box[:4])
    touching = {
        "left": 0.0 if x0 <= 0 else within[:, :2].any(axis=1).mean(),
        "upper": 0.0 if y0 <= 0 else within[:2].any(axis=0).mean(),
        "right": 0.0 if x1 >= mask.shape[1] else within[:, -2:].any(axis=1).mean(),
    }
    cut = [side for side, share in touching.items() if share > CUT]
    if not cut:
        return ""
    return (
        f"`upright` {text_of(box[:4])}: what was cut out touches the {' and the '.join(cut)} side "
        "of the box, so a part of it may stay on the ground, or something behind it may come "
        "along; draw the box larger, or closer around one thing"
    )


def doubt_of_piece(mask: np.ndarray, box: tuple[float, ...]) -> str:
    """One line where what was cut out is little of its box, and so seems a piece; else empty.

    Args:
        mask: [H, W] in 0 … 1, what was cut out in the box.
        box: as ``PlaceInput.upright``.
    """
    within = mask[pixels_of(box[:4])] > 0.5
    rows = np.flatnonzero(within.any(axis=1))
    share, high = 0.0, 0.0
    if len(rows):
        share, high = float(within.mean()), float(np.ptp(rows) + 1) / len(within)
    if share >= FILLED and high >= SPANNED:
        return ""
    return (
        f"`upright` {text_of(box[:4])}: what was cut out fills {share:.0%} of the box and spans "
        f"{high:.0%} of its height, so the rest of the thing may stay on the ground; draw the box "
        "closer around it, or leave it out"
    )


def _upright(scene: LiftedScene, pixels: np.ndarray, box: tuple[float, ...]) -> Upright:
    text = f"`upright` {text_of(box)}"
    horizon, height = scene.camera.horizon, scene.camera.size.height
    if box[3] <= horizon:
        raise InputError(
            f"{text}: ends above the horizon (row {horizon:.0f} of {height}), where no ground is "
            "to stand on; give a box down to the thing's foot, or the `horizon`"
        )
    mask = cut_out_thing(pixels, (box[0], box[1], box[2], box[3]))
    if not (mask > 0.5).any():
        raise InputError(f"{text}: nothing in it stands out from its surroundings")
    upright = Upright(mask, _given_feet(scene, text, box) if box[4:] else _feet(scene, text, mask))
    if not is_before(scene, upright):
        raise InputError(
            f"{text}: the line through its feet does not pass below the whole thing; give two "
            "points where it meets the ground"
        )
    return upright


def _given_feet(scene: LiftedScene, text: str, box: tuple[float, ...]) -> Tensor:
    feet = torch.tensor(box[4:], dtype=torch.float64).reshape(2, 2)
    horizon = scene.camera.horizon
    if (feet[:, 1] <= horizon).any():
        raise InputError(
            f"{text}: its feet must lie below the horizon (row {horizon:.0f}), on the ground"
        )
    # farther out a foot lies below the camera, and the card before the lens
    width, height = scene.camera.size
    (left, right), lowest = feet[:, 0].tolist(), float(feet[:, 1].max())
    if left < -width or right > 2 * width or lowest > 2 * height:
        raise InputError(
            f"{text}: its feet must lie within a picture's width beside the picture and a height "
            "below it"
        )
    return feet


def _feet(scene: LiftedScene, text: str, mask: np.ndarray) -> Tensor:
    """The foot line that the mask tells."""
    feet = foot_line(mask, scene.camera)
    if feet is None:
        raise InputError(
            f"{text}: what stands out in it ends above the horizon (row "
            f"{scene.camera.horizon:.0f}); give its feet too (X0,Y0,X1,Y1,FX0,FY0,FX1,FY1)"
        )
    if (mask[-1] > 0.5).any():
        raise InputError(
            f"{text}: is cut by the picture's lower border, so its foot is not seen; give a box "
            "that ends above, or its feet too (X0,Y0,X1,Y1,FX0,FY0,FX1,FY1)"
        )
    lowest = standing_points(scene, feet)[feet[:, 1].argmax()]
    if not scene.surface.contains(CLOSE * lowest):
        raise InputError(
            f"{text}: stands as far away as the place's backdrop or wall, which is upright "
            "already; leave it out"
        )
    return feet
