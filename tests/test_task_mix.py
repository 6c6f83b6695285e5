"""Mixes of tasks as data: checks, shares, switches."""

import pytest

from dynascene.errors import InputError
from dynascene.task_mix import TaskMix

BOTH = TaskMix(
    with_person={"image_background": 1}, without_person={"outpainting": 1, "image_variation": 1}
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"with_person": {"painting": 1}}, "'painting' is unknown; known: outpainting"),
        ({"with_person": {"outpainting": -1}}, "outpainting weighs -1"),
        ({"with_person": {"outpainting": float("nan")}}, "outpainting weighs nan"),
        ({"without_person": {"illumination": 1}}, "illumination needs a person"),
        ({"with_person": {"outpainting": 0}}, "every task is off"),
        ({"with_person": {"outpainting": 1}, "null_camera": 1.5}, "null_camera is 1.5"),
        ({"with_person": {"outpainting": 1}, "matte_errors": -0.5}, "matte_errors is -0.5"),
    ],
)
def test_bad_mixes_are_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        TaskMix(**options)


def test_weights_say_how_often_a_kind_of_clip_is_needed() -> None:
    assert BOTH.person_share == pytest.approx(1 / 3)
    assert BOTH.without("outpainting").person_share == pytest.approx(1 / 2)


def test_a_mix_has_tasks_for_the_clips_that_it_weighs() -> None:
    people_only = TaskMix(with_person={"video_background": 1}, without_person={"outpainting": 0})
    assert people_only.has_task(has_person=True)
    assert not people_only.has_task(has_person=False)


def test_where_every_clip_has_a_person_all_tasks_remain() -> None:
    alone = BOTH.on_people_alone()
    assert set(alone.with_person) == {"image_background", "outpainting", "image_variation"}
    assert alone.person_share == 1
    assert not alone.has_task(has_person=False)


def test_the_last_task_cannot_be_switched_off() -> None:
    with pytest.raises(InputError, match="every task is off"):
        BOTH.without("image_background", "outpainting", "image_variation")
