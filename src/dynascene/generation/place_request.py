"""What a request says of the place."""

import math
from dataclasses import dataclass
from pathlib import Path

from dynascene.errors import InputError
from dynascene.generation.names import PLACES
from dynascene.geometry.picture_boxes import fault_of, text_of
from dynascene.io.colour_space import ColourSpace
from dynascene.phrases import count_of

FULL_CIRCLE = 360.0  # degrees
MOST_SCALE = 20.0  # of a person, and the other way round


@dataclass(frozen=True, kw_only=True)
class PlaceInput:
    """Where the person is put.

    Args:
        scene: the picture of the place.
        scene_fov: its horizontal field of view in degrees, 360 for a panorama; None = from its
            tags, else 60 along the longer side, or what suits the filmed camera.
        horizon: height of the horizon, 0 = top, 1 = bottom; None = estimated.
        scene_depth: depth map of the picture (larger = farther, any unit).
        place: its shape, a name of PLACES; None = by depth where there is one, else by the
            picture's lines: a box where they tell it clearly, and ground and backdrop otherwise.
        box: its back wall, in pixels: x, y of the upper left corner and of the lower right one,
            and where wanted of the vanishing point of the side walls, which lies on the horizon
            (default: in the middle column). A corner on the picture's border leaves that side open.
        upright: things that stand on the ground, each as x, y, x, y of a box around it in pixels,
            and where wanted x, y, x, y of two points where it meets the ground, the left one first;
            they may lie below the picture.
        stand: column and row of the picture where the person's feet are, in the first frame that
            shows them; None = wherever the framing puts them.
        person_scale: how large the person is against the place; 1 = as the ground under their feet
            tells.
        ocio_scene: the colour space of the picture's stored values; None = what the file says.

    Raises:
        InputError: a number out of its range, or options that exclude each other.
    """

    scene: Path
    scene_fov: float | None = None
    horizon: float | None = None
    scene_depth: Path | None = None
    place: str | None = None
    box: tuple[float, ...] | None = None
    upright: tuple[tuple[float, ...], ...] = ()
    stand: tuple[float, float] | None = None
    person_scale: float = 1.0
    ocio_scene: ColourSpace | None = None

    def __post_init__(self) -> None:
        if self.scene_fov != FULL_CIRCLE:
            check_fov("scene_fov", self.scene_fov)
        self._check_shape()
        for box in self.upright:
            _check_upright(box)
        if self.horizon is not None and not -2 <= self.horizon <= 3:
            raise InputError(f"`horizon` {self.horizon:g}: 0 is the picture's top, 1 its bottom")
        if not 1 / MOST_SCALE <= self.person_scale <= MOST_SCALE:
            raise InputError(
                f"`person_scale` {self.person_scale:g}: must be {1 / MOST_SCALE:g} to "
                f"{MOST_SCALE:g}, 1 = as estimated"
            )

    def _check_shape(self) -> None:
        if self.place not in (None, *PLACES):
            raise InputError(f"`place` {self.place}: is one of {', '.join(PLACES)}")
        if self.box is not None and len(self.box) not in (4, 6):
            raise InputError(f"`box`: {len(self.box)} numbers; give X0,Y0,X1,Y1 or ...,VX,VY")
        if self.box is not None and self.place not in (None, "box"):
            raise InputError(f"`box` and `place` {self.place}: give one of them")
        if self.scene_depth is not None and (self.box or self.place not in (None, "depth")):
            raise InputError(f"`scene_depth` and `{'box' if self.box else 'place'}`: give one")
        if self.upright and (self.scene_depth is not None or self.place == "depth"):
            name = "`scene_depth`" if self.scene_depth is not None else "`place` depth"
            raise InputError(f"`upright` and {name}: give one; by a depth map all things stand")
        if self.box is not None and len(self.box) == 6 and self.horizon is not None:
            raise InputError("`box` with a vanishing point tells the `horizon`: give one of them")


def uprights_from_text(text: str) -> tuple[tuple[float, ...], ...]:
    """Boxes for ``PlaceInput.upright`` from a text that has one on each line.

    Raises:
        InputError: see ``upright_from_text``.
    """
    return tuple(upright_from_text(line.strip()) for line in text.splitlines() if line.strip())


def upright_from_text(text: str) -> tuple[float, ...]:
    """The numbers of one box of ``PlaceInput.upright``, which looks whether they are one.

    Raises:
        InputError: the text, "55,76,408,225", holds something else than numbers and commas.
    """
    numbers = []
    for part in text.split(","):
        try:
            numbers.append(float(part))
        except ValueError:
            wrong = f"{part.strip()[:40]!r} is no number" if part.strip() else "a number is missing"
            raise InputError(
                f"`upright` {text[:80]!r}: {wrong}; give X0,Y0,X1,Y1 in pixels of the picture, "
                "such as 840,120,1130,700"
            ) from None
    return tuple(numbers)


def _check_upright(box: tuple[float, ...]) -> None:
    text = f"`upright` {text_of(box)}"
    if len(box) not in (4, 8):
        raise InputError(
            f"{text}: has {count_of(len(box), 'number')}; give X0,Y0,X1,Y1, and where wanted "
            "FX0,FY0,FX1,FY1 for two points where it meets the ground"
        )
    corners, feet = box[:4], box[4:]
    if fault := fault_of(corners):
        raise InputError(f"{text}: {fault}")
    if strange := [number for number in feet if not math.isfinite(number)]:
        raise InputError(f"{text}: {strange[0]:g} is no pixel; give two points, FX0,FY0,FX1,FY1")
    if feet and feet[0] == feet[2]:
        raise InputError(f"{text}: both feet are at column {feet[0]:g}; give FX1 larger than FX0")
    if feet and feet[0] > feet[2]:
        ordered = text_of((*corners, *feet[2:], *feet[:2]))
        raise InputError(f"{text}: give the left foot before the right one: {ordered}")


def check_fov(name: str, degrees: float | None) -> None:
    if degrees is not None and not 1 <= degrees <= 170:
        raise InputError(f"`{name}` {degrees:g}: must be between 1 and 170 degrees")
