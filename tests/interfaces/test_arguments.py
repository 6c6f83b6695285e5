"""Texts of the command line as values."""

from fractions import Fraction

import pytest

from dynascene.errors import InputError
from dynascene.generation.place_request import upright_from_text
from dynascene.interfaces.cli.arguments import parse_rate, parse_stand


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24", Fraction(24)),
        ("12.5", Fraction(25, 2)),
        ("30000/1001", Fraction(30000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("59.94", Fraction(60000, 1001)),
    ],
)
def test_rates(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "fast", "0", "-25", "1e308", "1/0", "nan", "9" * 5000])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(InputError, match="--frame-rate"):
        parse_rate(text)


def test_a_point_of_the_picture() -> None:
    assert parse_stand("640,720.5") == (640.0, 720.5)


@pytest.mark.parametrize("text", ["", "640", "640,", "1,2,3", "nan,3", "inf,3", "left,low"])
def test_what_is_no_point(text: str) -> None:
    with pytest.raises(InputError, match="--stand"):
        parse_stand(text)


def test_a_box_around_a_thing() -> None:
    assert upright_from_text("10,20, 30.5,40") == (10, 20, 30.5, 40)
    assert upright_from_text("10,20,30,40,12,39,28,38") == (10, 20, 30, 40, 12, 39, 28, 38)


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "a number is missing"), ("10,,30,40", "a number is missing"), ("a,b,3,4", "'a' is no")],
)
def test_what_is_no_box_around_a_thing(text: str, why: str) -> None:
    with pytest.raises(InputError, match=f"`upright` '{text}': {why}.*; give X0,Y0,X1,Y1"):
        upright_from_text(text)
