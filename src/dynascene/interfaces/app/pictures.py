"""Pictures for the page: frames, mattes over them, and the place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from dynascene.estimators.matte.job import over_tint
from dynascene.imaging.sheet import spread_frames
from dynascene.imaging.standing_things import DrawnThing, draw_things
from dynascene.interfaces.app.drafts import Draft
from dynascene.io.excerpt import open_excerpt_matte
from dynascene.io.frames import alpha_matte, open_frames, split_alpha
from dynascene.types import FrameSource, Size

SHOWN = Size(960, 960)  # what a picture is shrunk to
GALLERY = Size(480, 480)
COLUMNS = 4
MARK, WRONG = (92, 179, 255), (255, 122, 107)


def shrunk(picture: np.ndarray, most: Size = SHOWN) -> np.ndarray:
    """A picture of at most the size ``most``."""
    height, width = picture.shape[:2]
    scale = min(1.0, most.width / width, most.height / height)
    if scale == 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def matte_of(draft: Draft, source: FrameSource) -> FrameSource | None:
    """The matte of a draft's clip, or the clip's own alpha; None while there is none."""
    if draft.matte is not None and draft.clip is not None:
        return open_excerpt_matte(Path(draft.matte), open_frames(Path(draft.clip)), draft.frames)
    return alpha_matte(source)


def frame_picture(
    source: FrameSource, matte: FrameSource | None, number: int, most: Size = SHOWN
) -> np.ndarray:
    """A frame, uint8 [H, W, 3]; with a matte, the person over green."""
    frame = next(iter(source.read(number, number + 1)))[..., :3]
    if matte is None:
        return shrunk(frame, most)
    return shrunk(over_tint(frame, next(iter(matte.read(number, number + 1)))), most)


def matte_gallery(source: FrameSource, matte: FrameSource) -> list[tuple[np.ndarray, str]]:
    """The person over green at several frames, with captions."""
    numbers = spread_frames(len(source), COLUMNS)
    return [(frame_picture(source, matte, n, GALLERY), f"frame {n}") for n in numbers]


def colour_frames(source: FrameSource) -> FrameSource:
    """The colours of frames with or without alpha."""
    return split_alpha(source)[0] if source.channels == 4 else source


def place_picture(
    pixels: np.ndarray,
    stand: tuple[float, float] | None,
    upright: Sequence[tuple[float, ...]] = (),
    things: Sequence[DrawnThing] = (),
) -> np.ndarray:
    """The place, shrunk, with a mark where the person stands and boxes around things that stand.

    Args:
        pixels: uint8 [H, W, 3].
        stand: column and row of ``pixels``; None: no mark.
        upright: columns and rows of the boxes' corners, as ``PlaceInput.upright``.
        things: what was cut out in the boxes; none: not known yet.
    """
    picture = draw_things(shrunk(pixels), things)
    scale = picture.shape[1] / pixels.shape[1]
    for box in upright:
        x0, y0, x1, y1 = (round(value * scale) for value in box[:4])
        for ink, thick in (((0, 0, 0), 4), (MARK, 2)):
            cv2.rectangle(picture, (x0, y0), (x1, y1), ink, thick)
    if stand is not None:
        _cross(picture, (stand[0] * scale, stand[1] * scale), MARK)
    return picture


def marked(picture: np.ndarray, points: list[tuple[float, float, bool]], width: int) -> np.ndarray:
    """A picture with clicks on it.

    points: x, y in pixels of a frame of the given width, and whether the person is there.
    """
    drawn = picture.copy()
    scale = drawn.shape[1] / width
    for x, y, is_person in points:
        _cross(drawn, (x * scale, y * scale), MARK if is_person else WRONG)
    return drawn


def _cross(picture: np.ndarray, at: tuple[float, float], colour: tuple[int, int, int]) -> None:
    centre = (round(at[0]), round(at[1]))
    reach = max(5, math.ceil(picture.shape[1] / 60))
    for ink, thick in (((0, 0, 0), 5), (colour, 2)):
        cv2.drawMarker(picture, centre, ink, cv2.MARKER_CROSS, 2 * reach, thick)
        cv2.circle(picture, centre, reach, ink, thick)
