import math
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.io.cameras import read_cameras
from dynascene.io.keyframes import is_keyframe_file
from dynascene.io.text import is_finite_number, parse_json, read_json, read_lines

MARK = b"\xef\xbb\xbf"  # what Windows' editors put before UTF-8


def test_the_mark_of_an_editor_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(MARK + '{"keyframes": ["é"]}\n'.encode())
    assert read_json(path) == {"keyframes": ["é"]}
    assert read_lines(path) == ['{"keyframes": ["é"]}']
    assert is_keyframe_file(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1,\n}', r"a\.json:2: is not valid JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b"1" * 10_000, "cannot be read as JSON"),
        (b'["x\\ud800"]', "half of a letter"),
        (b"\xff\xfe", "is not a text file"),
        (None, "no such file"),
    ],
)
def test_what_is_no_json_is_refused_in_one_line(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_json(path)
    assert "\n" not in str(error.value)
    assert not is_keyframe_file(path)


def test_letters_of_two_halves_are_whole() -> None:
    text = '{"a": "\\ud83d\\ude00"}'
    assert parse_json(text) == parse_json(text.encode()) == {"a": "\U0001f600"}
    with pytest.raises(ValueError, match="half of a letter"):
        parse_json(b'"\xed\xa0\x80"')  # which the parser takes


@pytest.mark.parametrize("value", [True, None, "1", [1], math.nan, -math.inf, 10**400])
def test_what_no_float_holds_is_no_number(value: object) -> None:
    assert not is_finite_number(value)


@pytest.mark.parametrize("value", [0, -3, 2.5, 10**300])
def test_numbers(value: object) -> None:
    assert is_finite_number(value)


def test_a_number_beyond_all_floats_in_a_camera_file(tmp_path: Path) -> None:
    path = tmp_path / "transforms.json"
    pose = "[[1,0,0,0],[0,1,0,0],[0,0,1,0]]"
    path.write_text(f'{{"w":1{"0" * 400},"h":5,"fl_x":3,"frames":[{{"transform_matrix":{pose}}}]}}')
    with pytest.raises(InputError, match=r'"w" is 10.*expected a finite number'):
        read_cameras(path)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, b'{"a":' * 100_000, "{", b"\xff", "[1e999]", f"[-{'9' * 400}]"]
)
def test_every_text_that_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (of the parser, or ours)
        parse_json(text)


def test_a_document_is_parsed() -> None:
    assert parse_json('{"a": [1, null]}') == {"a": [1, None]}
    assert parse_json("[NaN, -Infinity, 2.5]", constant=lambda _: None) == [None, None, 2.5]
    assert parse_json("[-Infinity, 12345678901234567890]") == [-math.inf, 12345678901234567890]
