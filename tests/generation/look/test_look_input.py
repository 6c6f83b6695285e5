"""What a user may ask of the look."""

from pathlib import Path

import pytest

from dynascene import CameraInput, GenerationRequest, LookInput, PlaceInput
from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import parse_light


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["shadow", "harmonise_strength", "soften", "grain", "focus"])
def test_shares_have_a_range(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"`{name}`"):
        LookInput(**{name: value})


@pytest.mark.parametrize("light", [(0, 4.9), (0, 91), (361, 40), (float("nan"), 40)])
def test_a_light_stands_above_the_horizon(light: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="`light`"):
        LookInput(light=light)


def test_without_a_person_there_is_nothing_to_match() -> None:
    place, camera = PlaceInput(scene=Path("a.jpg")), CameraInput(move="pan-right")
    with pytest.raises(InputError, match="`shadow`: there is no `person`"):
        GenerationRequest(place=place, camera=camera, look=LookInput(shadow=0))
    GenerationRequest(place=place, camera=camera)


def test_a_light_is_read() -> None:
    assert parse_light("-60, 40.5") == (-60, 40.5)
    for text in ("60", "1,2,3", "left,high", ""):
        with pytest.raises(InputError, match="--light"):
            parse_light(text)
