"""Who the shot is about: tracks, gaps, several people, and the choice."""

from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.person.protocol import Detection
from dynascene.estimators.person.subject import (
    Subject,
    choose_subject,
    comparable_people,
    crowd_notice,
    find_people,
)
from dynascene.types import ArrayFrames

W, H = 160, 90
CLIP = Path("clip.mp4")
RED, BLUE = (220, 30, 30), (30, 30, 220)
Person = tuple[tuple[int, int, int], int, int, int, int]  # colour, left, top, width, height


def frame_of(people: list[Person]) -> np.ndarray:
    frame = np.full((H, W, 3), 120, np.uint8)
    for colour, left, top, width, height in people:
        frame[top : top + height, left : left + width] = colour
    return frame


class Scripted:
    """Reports the given boxes, frame by frame."""

    name = "scripted"

    def __init__(self, script: list[list[Person]]) -> None:
        self.script = iter(script)

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        return [
            Detection(np.array([x, y, x + w, y + h], float), 0.9)
            for _, x, y, w, h in next(self.script)
        ]


def people_in(shown: list[list[Person]], seen: list[list[Person]] | None = None) -> list[Subject]:
    source = ArrayFrames([frame_of(people) for people in shown])
    return find_people(source, Scripted(seen or shown))


def test_one_walker_is_followed_through_a_gap() -> None:
    script: list[list[Person]] = [[(RED, 10 + 4 * f, 20, 20, 50)] for f in range(24)]
    gaps = [people if not 8 <= f < 15 else [] for f, people in enumerate(script)]
    (person,) = people_in(script, gaps)
    assert person.seen.sum() == 17
    truth = np.array([[10 + 4 * f, 20, 30 + 4 * f, 70] for f in range(24)])
    np.testing.assert_allclose(person.boxes, truth, atol=1e-9)
    assert choose_subject([person], None, CLIP) is person


def test_two_who_cross_keep_their_identity() -> None:
    def at(f: int) -> list[Person]:
        return [(RED, 5 + 5 * f, 20, 20, 50), (BLUE, 130 - 5 * f, 22, 20, 50)]

    script = [at(f) for f in range(24)]
    met = [people if abs(f - 12.5) > 3 else people[:1] for f, people in enumerate(script)]
    left, right = people_in(script, met)
    assert left.centre[0] < right.centre[0]
    assert left.boxes[-1, 0] == pytest.approx(120)
    assert right.boxes[-1, 0] == pytest.approx(15)


def two_people() -> list[Subject]:
    return people_in([[(BLUE, 100, 15, 24, 60), (RED, 20, 20, 22, 55)]] * 9)


def test_two_of_equal_size_are_listed_from_left_to_right() -> None:
    with pytest.raises(InputError) as error:
        choose_subject(
            people_in([[(BLUE, 100, 20, 22, 56), (RED, 38, 20, 22, 55)]] * 9), None, CLIP
        )
    message = str(error.value)
    assert error.value.parameters == ("subject",)  # what an interface calls it is the interface's
    assert "--" not in message
    assert "\n" not in message
    assert "1 at pixel 49,48" in message
    assert "2 at pixel 111,48" in message


def test_the_larger_of_two_is_taken_and_a_line_says_how_to_choose_the_other() -> None:
    people = people_in([[(BLUE, 100, 15, 24, 60), (RED, 20, 30, 18, 40)]] * 9)
    assert len(comparable_people(people)) == 2
    subject = choose_subject(people, None, CLIP)
    assert subject.centre[0] == 112
    notice = crowd_notice(people, subject)
    assert notice is not None
    for part in ("of 2 people", "number 2", "`subject`", "1 at pixel 29,50"):
        assert part in notice
    assert crowd_notice([subject], subject) is None


def test_a_choice_by_number_and_by_pixel() -> None:
    people = two_people()
    assert choose_subject(people, 2, CLIP).centre[0] == 112
    assert choose_subject(people, (31.0, 40.0), CLIP).centre[0] == 31
    for wrong in (0, 3, (70.0, 10.0)):
        with pytest.raises(InputError, match="1 at pixel 31,48"):
            choose_subject(people, wrong, CLIP)


def test_someone_small_at_the_border_does_not_count() -> None:
    people = people_in([[(BLUE, 70, 15, 30, 65), (RED, 2, 40, 4, 9)]] * 9)
    assert len(people) == 2
    assert len(comparable_people(people)) == 1
    assert choose_subject(people, None, CLIP).centre[0] == 85


def test_nobody() -> None:
    with pytest.raises(InputError, match="nobody was found"):
        choose_subject(people_in([[]] * 3), None, CLIP)


def test_a_flash_of_a_detection_is_nobody() -> None:
    flash: list[list[Person]] = [[] for _ in range(40)]
    flash[7] = [(RED, 50, 20, 20, 50)]
    assert people_in(flash) == []
