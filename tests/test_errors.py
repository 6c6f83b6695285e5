"""An error of a library, told in one line of a message."""

import pytest

from dynascene.errors import first_line, one_line, some_of

SEVERAL_LINES = ValueError("\n  first line\n\tsecond   line\n")


def test_the_first_line_is_what_stands_before_the_first_break() -> None:
    assert first_line(SEVERAL_LINES) == "first line"
    assert first_line(SEVERAL_LINES, longest=5) == "first"


def test_one_line_folds_all_white_space() -> None:
    assert one_line(SEVERAL_LINES) == "first line second line"
    assert one_line(SEVERAL_LINES, longest=12) == "first line s"


@pytest.mark.parametrize("told", [first_line, one_line])
@pytest.mark.parametrize("text", ["", " \n "])
def test_an_error_without_a_text_is_named_by_its_class(told, text: str) -> None:
    assert told(RuntimeError(text), longest=160) == "RuntimeError"
    assert told(RuntimeError(text)) == "RuntimeError"


def test_a_long_list_is_cut_and_counted() -> None:
    assert some_of([]) == ""
    assert some_of(["a", "b", "c"]) == "a, b, c"
    assert some_of(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert some_of([7, 9, 11], most=2) == "7, 9 and 1 more"
