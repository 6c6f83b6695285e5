"""A person's clip of a colour space: its colours must not be multiplied by its alpha."""

from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.generation import person_input
from dynascene.generation.person_input import open_person
from dynascene.generation.request import PersonInput
from dynascene.io.colour_space import ColourSpace
from dynascene.io.images import write_png
from dynascene.io.names import AlphaKind
from dynascene.types import FrameSource

SPACE = ColourSpace("ocio://default", "ACEScct")


def disc(folder: Path, *, multiplied: bool) -> Path:
    """Three frames of a disc with a soft edge, transparent black around it."""
    y, x = np.mgrid[:72, :96]
    alpha = np.clip((30 - np.hypot(x - 48, y - 36)) / 12, 0, 1)[..., None]
    colour = np.array([150, 120, 90]) * (alpha if multiplied else alpha > 0)
    folder.mkdir()
    for index in range(3):
        frame = np.rint(np.concatenate([colour, 255 * alpha], axis=2)).astype(np.uint8)
        write_png(folder / f"{index}.png", frame)
    return folder


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[ColourSpace]:
    """The spaces from which frames are converted; nothing is done to them."""
    spaces: list[ColourSpace] = []

    def convert(source: FrameSource, space: ColourSpace, _: Path) -> FrameSource:
        spaces.append(space)
        return source

    monkeypatch.setattr(person_input, "in_srgb", convert)
    return spaces


@pytest.mark.parametrize(("alpha", "multiplied"), [("auto", True), ("premultiplied", False)])
def test_premultiplied_colours_of_a_space_are_refused(
    alpha: AlphaKind, multiplied: bool, tmp_path: Path, converted: list[ColourSpace]
) -> None:
    clip = disc(tmp_path / "clip", multiplied=multiplied)
    with pytest.raises(InputError, match=r"`ocio_person`: the colours of .* are premultiplied"):
        open_person(PersonInput(person=clip, alpha=alpha, ocio_person=SPACE), None)
    assert not converted


@pytest.mark.parametrize(("alpha", "multiplied"), [("auto", False), ("straight", True)])
def test_straight_colours_of_a_space_are_converted_and_not_divided(
    alpha: AlphaKind, multiplied: bool, tmp_path: Path, converted: list[ColourSpace]
) -> None:
    clip = disc(tmp_path / "clip", multiplied=multiplied)
    person = open_person(PersonInput(person=clip, alpha=alpha, ocio_person=SPACE), None)
    assert converted == [SPACE]
    frame = next(person.colour.read())
    assert frame[36, 48].tolist() == [150, 120, 90]
    assert (frame[36, 48 - 24, 0] == 150) is not multiplied


def test_premultiplied_colours_without_a_space_are_divided(tmp_path: Path) -> None:
    person = open_person(PersonInput(person=disc(tmp_path / "clip", multiplied=True)), None)
    np.testing.assert_allclose(next(person.colour.read())[36, 48 - 24], [150, 120, 90], atol=2)
