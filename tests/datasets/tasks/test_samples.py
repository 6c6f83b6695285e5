"""Samples without end: reproducible, of tasks that their clips allow."""

import pytest
import torch

from dynascene.datasets.tasks.samples import TRIES, TaskSamples
from dynascene.errors import InputError
from dynascene.models.systems.dynascene import IMAGE_TASKS, VIDEO_TASKS
from dynascene.task_mix import TaskMix


class Clips:
    """Every third clip shows a person; notes which were asked for."""

    def __init__(self, make_clip) -> None:
        self.make_clip, self.asked = make_clip, []

    def __getitem__(self, index: int):
        self.asked.append(index)
        return self.make_clip(person=index % 3 == 0, name=f"clip {index}")


def test_the_same_number_gives_the_same_sample(make_clip) -> None:
    one, other = (TaskSamples(lambda: Clips(make_clip), VIDEO_TASKS, seed=5) for _ in range(2))
    for index in (0, 7, len(one) - 1):
        a, b = one[index], other[index]
        assert a.task == b.task
        torch.testing.assert_close(a.scene_image, b.scene_image, rtol=0, atol=0)
    assert {one[k].task for k in range(30)} == {
        "video_background", "illumination", "video_variation"
    }  # fmt: skip
    with pytest.raises(IndexError):
        one[len(one)]


def test_other_seeds_draw_other_tasks(make_clip) -> None:
    tasks = [
        [TaskSamples(lambda: Clips(make_clip), IMAGE_TASKS, seed)[k].task for k in range(12)]
        for seed in (0, 1)
    ]
    assert tasks[0] != tasks[1]


def test_clips_that_suit_no_task_are_passed_over(make_clip) -> None:
    people = TaskMix(with_person={"video_background": 1})
    samples = TaskSamples(lambda: Clips(make_clip), people, seed=0)
    assert samples[1].task == "video_background"  # clips 16, 17, 18: the third shows somebody
    assert samples.clips.asked == [TRIES, TRIES + 1, TRIES + 2]


def test_a_source_without_any_suitable_clip_is_named(make_clip) -> None:
    class Empty(Clips):
        def __getitem__(self, index: int):
            return self.make_clip(person=False, name="empty room")

    people = TaskMix(with_person={"image_background": 1})
    samples = TaskSamples(lambda: Empty(make_clip), people, seed=0)
    with pytest.raises(InputError, match=r"suit no task .*empty room"):
        samples[0]
