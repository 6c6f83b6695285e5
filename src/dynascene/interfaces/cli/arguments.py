"""Texts of the command line as values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

from tyro.conf import UseAppendAction, arg

from dynascene.devices import DeviceName
from dynascene.errors import InputError
from dynascene.estimators.names import BackendName
from dynascene.generation.names import GeneratorName, PlaceName, PresetName
from dynascene.io.names import LayerKind

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.estimators.matte.hints import Hint
    from dynascene.geometry.framing import Framing
    from dynascene.io.cameras import Sensor
    from dynascene.io.colour_space import ColourSpace
    from dynascene.types import Size

Switch = Annotated[bool, arg(help_behavior_hint="")]
Hints = Annotated[
    tuple[str, ...],
    UseAppendAction,
    arg(name="hint", metavar="FRAME:X,Y[,out]", help_behavior_hint=""),
]
Uprights = Annotated[
    tuple[str, ...],
    UseAppendAction,
    arg(metavar="X0,Y0,X1,Y1[,FX0,FY0,FX1,FY1]", help_behavior_hint=""),
]


def optional(metavar: str) -> Any:
    """An optional argument whose help names what to give and no default."""
    return arg(metavar=metavar, help_behavior_hint="")


def alternatives(names: Any) -> str:
    """The values of a Literal, as help shows them: "diffusion|projection"."""
    return "|".join(get_args(names))


OptionalPath = Annotated[Path | None, optional("PATH")]
OptionalName = Annotated[str | None, optional("NAME")]
OptionalSize = Annotated[str | None, optional("WxH")]
OptionalDegrees = Annotated[float | None, optional("DEG")]
OptionalNumber = Annotated[float | None, optional("NUMBER")]
Layers = Annotated[tuple[LayerKind, ...] | None, optional(f"[{alternatives(LayerKind)} …]")]
OptionalBackend = Annotated[BackendName | None, optional(alternatives(BackendName))]
OptionalGenerator = Annotated[GeneratorName | None, optional(alternatives(GeneratorName))]
OptionalPreset = Annotated[PresetName | None, optional(alternatives(PresetName))]
OptionalPlace = Annotated[PlaceName | None, optional(alternatives(PlaceName))]
OptionalDevice = Annotated[DeviceName | None, optional(alternatives(DeviceName))]
PAIR = re.compile(r"\s*([0-9.]{1,12})\s*[xX×]\s*([0-9.]{1,12})\s*")


def parse_size(text: str) -> Size:
    """ "1280x720" → Size; InputError where it is no frame size."""
    from dynascene.types import Size

    match = PAIR.fullmatch(text)
    if not match or not all(part.isdigit() and int(part) > 0 for part in match.groups()):
        raise InputError(f"`size` {text[:40]!r}: give width x height in pixels, such as 1280x720")
    return Size(int(match[1]), int(match[2]))


def parse_sensor(text: str) -> Sensor:
    """ "24.576x18.672" → Sensor in millimetres; InputError where it is none."""
    from dynascene.io.cameras import Sensor

    match = PAIR.fullmatch(text)
    try:
        width, height = (float(part) for part in match.groups()) if match else (0.0, 0.0)
    except ValueError:
        width = height = 0.0
    if not (width > 0 and height > 0):
        raise InputError(f"`sensor` {text!r}: give width x height in millimetres, such as 36x24")
    return Sensor(width, height)


def parse_range(text: str) -> tuple[int, int]:
    """ "0:48" → (0, 48), the second excluded; InputError where it is no range."""
    match = re.fullmatch(r"(-?\d{1,12}):(-?\d{1,12})", text)
    if not match:
        raise InputError(f"--frames {text[:40]!r}: must be A:B, such as 0:48 (B is excluded)")
    return int(match[1]), int(match[2])


def parse_rate(text: str) -> Fraction:
    """ "25", "29.97" or "30000/1001" → frames a second; InputError where it is none.

    What television rounds is taken as what it means: 23.976 as 24000/1001.
    """
    try:
        rate = Fraction(text) if len(text) < 20 else Fraction(0)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not Fraction(1, 10) <= rate <= 1000:
        raise InputError(
            f"--frame-rate {text!r}: give frames a second, 0.1 to 1000, such as 25 or 30000/1001"
        )
    whole = Fraction(math.ceil(rate))
    television = whole * 1000 / 1001
    return television if rate != whole and abs(rate - television) < 0.005 else rate


def parse_worlds(texts: Sequence[str]) -> dict[str, float]:
    """["turn=0.5", "solid=1"] → {"turn": 0.5, "solid": 1.0}; InputError where one is no share.

    Whether there are such worlds is for ``check_worlds`` to say.
    """
    shares: dict[str, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            shares[name] = float(number)
        except ValueError:
            raise InputError(f"--worlds {text!r}: must be NAME=SHARE, such as turn=0.5") from None
    return shares


def parse_framing(text: str) -> Framing | str:
    """ "auto", "centre", or "YAW,PITCH" in degrees → Framing."""
    if text in ("auto", "centre"):
        return text
    from dynascene.geometry.framing import Framing

    try:
        yaw, pitch = (float(number) for number in text.split(","))
    except ValueError:
        raise InputError(
            f"--framing {text!r}: must be auto, centre or YAW,PITCH in degrees, such as 10,-5"
        ) from None
    if not (abs(yaw) <= 180 and abs(pitch) < 90):
        raise InputError(f"--framing {text}: yaw is within ±180 degrees and pitch within ±89")
    return Framing(yaw, pitch)


def parse_stand(text: str) -> tuple[float, float]:
    """ "640,720" → column and row in pixels; InputError where it is no point."""
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        x = y = math.nan
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InputError(
            f"--stand {text!r}: must be X,Y in pixels of the picture, such as 640,720, from its "
            "upper left corner"
        )
    return x, y


def parse_spaces(
    config: str | None, names: Mapping[str, str | None]
) -> dict[str, ColourSpace | None]:
    """Names of colour spaces by parameter → the spaces of a config; InputError without a config."""
    from dynascene.io.colour_space import ColourSpace

    given = [parameter for parameter, name in names.items() if name is not None]
    if config is None and given:
        raise InputError(f"`{given[0]}`: is a name of a config; give `ocio` too, as ocio://default")
    if config is not None and not given:
        *others, last = names
        raise InputError(f"`ocio`: give `{'`, `'.join(others)}` or `{last}` too")
    return {
        parameter: ColourSpace(config, name) if config is not None and name is not None else None
        for parameter, name in names.items()
    }


def parse_light(text: str) -> tuple[float, float]:
    """ "-60,40" → azimuth and elevation in degrees; InputError where they are none."""
    try:
        azimuth, elevation = (float(number) for number in text.split(","))
    except ValueError:
        raise InputError(
            f"--light {text!r}: must be AZIMUTH,ELEVATION in degrees, such as -60,40"
        ) from None
    return azimuth, elevation


def parse_box(text: str) -> tuple[float, ...]:
    """ "310,90,620,400" → four numbers, or six; InputError where it is neither."""
    try:
        numbers = tuple(float(number) for number in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (4, 6):
        raise InputError(
            f"--box {text!r}: must be X0,Y0,X1,Y1 in pixels, such as 310,90,620,400, and ,VX,VY "
            "where the vanishing point is not in the middle"
        )
    return numbers


def parse_subject(text: str) -> int | tuple[float, float]:
    """ "2" → 2, "310,220" → (310.0, 220.0); InputError where it is neither."""
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    if match := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?),(\d{1,9}(?:\.\d{1,9})?)", text):
        return float(match[1]), float(match[2])
    raise InputError(f"--subject {text[:40]!r}: give a number such as 2, or a pixel as in 310,220")


def parse_hint(text: str) -> Hint:
    """ "12:310,220" → a pixel of frame 12 that is the person's, with ",out" one that is not."""
    from dynascene.estimators.matte.hints import Hint

    number = r"(\d{1,9}(?:\.\d{1,9})?)"
    if match := re.fullmatch(rf"(\d{{1,9}}):{number},{number}(,out)?", text):
        return Hint(int(match[1]), float(match[2]), float(match[3]), match[4] is None)
    raise InputError(
        f"--hint {text[:40]!r}: must be FRAME:X,Y, such as 12:310,220, and ,out where that pixel "
        "is not the person"
    )


def parse_layers(kinds: tuple[LayerKind, ...] | None) -> tuple[LayerKind, ...]:
    """None where no layers were asked for; the option without a word behind it means PNG."""
    return () if kinds is None else kinds or ("png",)


def parse_things(take_along: bool, person_alone: bool) -> bool | None:
    """Whether things are taken along; None: neither was asked. InputError where both were."""
    if take_along and person_alone:
        raise InputError("`take_along` and `person_alone`: give one of them")
    return take_along if take_along or person_alone else None
