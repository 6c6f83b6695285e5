"""Light on person and place: identity, limits, direction, and what skin may become."""

import json
from fractions import Fraction

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.generation.look.harmony import PERSON, UNCHANGED, harmony_between, tone_between
from dynascene.generation.look.illumination import (
    Illumination,
    filmed_illumination,
    illumination_of,
    place_illumination,
)
from dynascene.generation.look.look_input import LookInput
from dynascene.generation.look.tone import Tone
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.picture import PictureCamera, picture_track
from dynascene.imaging.colour import LIGHT_OF_BYTE, srgb_from_linear
from dynascene.types import ArrayFrames, Shot, Size

DAY, DUSK = Illumination(-2.0, 0.0, 1.5), Illumination(-4.0, -0.5, 1.2)


def lights(shape: tuple[int, ...] = (999, 3)) -> np.ndarray:
    return np.random.default_rng(2).uniform(0.05, 0.5, shape).astype(np.float32)


@pytest.mark.parametrize("choice", ["person", "place", "both", "none"])
def test_strength_0_changes_nothing(choice: str) -> None:
    assert harmony_between(DAY, DUSK, choice, 0.0) is UNCHANGED


def test_none_changes_nothing() -> None:
    assert harmony_between(DAY, DUSK, "none", 1.0) is UNCHANGED


@pytest.mark.parametrize("illumination", [DAY, DUSK])
def test_one_light_is_left_to_the_bit(illumination: Illumination) -> None:
    tone = tone_between(illumination, illumination, 0.7, PERSON)
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    np.testing.assert_array_equal(tone.apply(picture), picture)


def test_illumination_follows_gains_and_contrast() -> None:
    light = lights()
    before = illumination_of(light)
    darker = illumination_of(light * np.float32([0.5 * 2**0.2, 0.5, 0.5 * 2**-0.2]))
    assert before is not None
    assert darker is not None
    assert darker.amber - before.amber == pytest.approx(0.2, abs=1e-3)
    assert darker.exposure - before.exposure == pytest.approx(-1, abs=0.05)
    squared = illumination_of(light**1.2)
    assert squared is not None
    assert squared.contrast / before.contrast == pytest.approx(1.2, abs=0.05)


def test_black_and_burnt_out_pixels_tell_nothing() -> None:
    light = lights()
    blind = np.concatenate([light, np.zeros((500, 3)), np.ones((500, 3))]).astype(np.float32)
    assert illumination_of(blind) == illumination_of(light)
    assert illumination_of(np.zeros((500, 3), np.float32)) is None


def test_a_tone_is_its_formula_for_every_byte() -> None:
    tone = Tone((1.3, 1.0, 0.6), 1.1, 0.2)
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(8, 32, 3)
    light = LIGHT_OF_BYTE[picture].astype(np.float64) * tone.gains
    expected = srgb_from_linear(0.2 * (light / 0.2) ** 1.1) * 255
    assert np.abs(tone.apply(picture) - expected).max() <= 0.56


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_changes_go_towards_the_target_and_stay_within_limits(share: float) -> None:
    tone = tone_between(DAY, DUSK, share, PERSON)
    stops = np.log2(tone.gains)
    assert -share * PERSON.exposure - 0.1 < stops[1] < 0
    assert 0 > (stops[0] - stops[2]) / 2 >= -share * PERSON.amber
    assert np.exp(-share * PERSON.contrast) <= tone.contrast < 1
    there, back = tone_between(DAY, DUSK, share, PERSON), tone_between(DUSK, DAY, share, PERSON)
    assert np.log2(there.gains[1]) * np.log2(back.gains[1]) < 0


@pytest.mark.parametrize("amber", [-3.0, 3.0])
def test_skin_stays_skin_at_full_strength(amber: float) -> None:
    """Red over green over blue, in light from the coldest to the warmest."""
    skin = np.array([[[224, 172, 140]], [[141, 85, 60]], [[80, 50, 38]]], np.uint8)
    tone = tone_between(DAY, DAY._replace(amber=amber), 1.0, PERSON)
    red, green, blue = np.moveaxis(tone.apply(skin).astype(int), -1, 0)
    assert (red > green).all()
    assert (green > blue - 12).all()


def test_both_meet_in_the_middle() -> None:
    near = DAY._replace(exposure=DAY.exposure - 0.2)  # far from the limits
    both = harmony_between(DAY, near, "both", 1.0)
    assert both.person is not None
    assert both.place is not None
    assert np.log2(both.person.gains[1]) == pytest.approx(-0.1, abs=0.01)
    assert np.log2(both.place.gains[1]) == pytest.approx(0.1, abs=0.01)


def test_the_clip_s_light_is_that_around_the_person() -> None:
    place = np.random.default_rng(3).integers(60, 180, (48, 66, 3), dtype=np.uint8)
    matte = np.zeros((48, 66, 1), np.uint8)
    matte[5:44, 12:52] = 5  # the person's colour is continued where the matte is faint
    matte[10:40, 20:44] = 255
    red = np.where(matte > 0, np.uint8([250, 20, 20]), place)
    track = picture_track(PictureCamera(60.0, Size(66, 48), 24.0))
    shot = Shot(ArrayFrames([red]), ArrayFrames([matte]), track, Fraction(24))
    blue = np.where(matte > 0, np.uint8([20, 20, 250]), place)
    other = Shot(ArrayFrames([blue]), ArrayFrames([matte]), track, Fraction(24))
    assert filmed_illumination(shot) == filmed_illumination(other) is not None
    plain = np.where(matte > 0, red, np.uint8(0))
    cut_out = Shot(ArrayFrames([plain]), ArrayFrames([matte]), track, Fraction(24))
    assert filmed_illumination(cut_out) is None


def test_the_place_s_light_is_that_of_what_is_seen() -> None:
    rng = np.random.default_rng(6)
    picture = torch.from_numpy(rng.uniform(0.3, 0.5, (3, 90, 150)).astype(np.float32))
    camera = PictureCamera(140.0, Size(150, 90), 40.0)
    whole = place_illumination(lift_to_stage(picture, camera), picture_track(camera))
    narrow = picture_track(PictureCamera(420.0, Size(150, 90), 40.0))
    picture[:, :, :20] = 0.9  # beyond the narrow view
    brighter = place_illumination(lift_to_stage(picture, camera), picture_track(camera))
    same = place_illumination(lift_to_stage(picture, camera), narrow)
    assert whole is not None
    assert brighter is not None
    assert same is not None
    assert brighter.exposure > whole.exposure + 0.1
    assert same.exposure == pytest.approx(whole.exposure, abs=0.05)


def test_requests_name_one_of_four() -> None:
    with pytest.raises(InputError, match="person, place, both, none"):
        LookInput(harmonise="everything")
    with pytest.raises(InputError, match="`harmonise_strength`"):
        LookInput(harmonise_strength=2)


def test_reports_are_plain_values() -> None:
    report = json.loads(json.dumps(tone_between(DAY, DUSK, 0.5, PERSON).report()))
    assert len(report["stops_rgb"]) == 3
