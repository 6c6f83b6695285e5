"""Mixes: weights, switches, kinds of clips, and the rows of the paper's tables."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.mix import TASKS, TaskMix
from dynascene.datasets.tasks.tables import (
    ACTANYWHERE,
    BASELINE,
    CAMERA_CONTROL,
    SINGLE_STAGE,
    STAGE_ONE,
    STAGE_TWO,
    TABLE_3,
    TABLE_4,
    TWO_STAGES,
)
from dynascene.errors import InputError


def drawn(mix: TaskMix, clip, count: int = 60) -> Counter[str]:
    rng = np.random.default_rng(0)
    return Counter(mix.draw(clip, rng).task for _ in range(count))


def on(mix: TaskMix) -> set[str]:
    weights = [*mix.with_person.items(), *mix.without_person.items()]
    return {name for name, weight in weights if weight}


def test_tasks_come_by_weight_and_by_kind_of_clip(make_clip) -> None:
    mix = TaskMix(
        with_person={"image_background": 3, "image_variation": 1},
        without_person={"outpainting": 1, "image_variation": 0},
    )
    counts = drawn(mix, make_clip(), 200)
    assert set(counts) == {"image_background", "image_variation"}
    assert counts["image_background"] == pytest.approx(150, abs=25)
    assert set(drawn(mix, make_clip(person=False))) == {"outpainting"}
    assert mix.person_share == pytest.approx(4 / 5)


@pytest.mark.parametrize("name", TASKS)
def test_each_task_has_its_switch(make_clip, name) -> None:
    mix = TaskMix(with_person=dict.fromkeys(TASKS, 1.0))
    assert set(drawn(mix, make_clip(), 120)) == set(TASKS)
    assert set(drawn(mix.without(name), make_clip(), 120)) == set(TASKS) - {name}


def test_a_mix_draws_only_what_the_clip_allows(make_clip) -> None:
    people_only = TaskMix(with_person={"video_background": 1})
    assert people_only.fits(make_clip())
    assert not people_only.fits(make_clip(person=False))
    with pytest.raises(InputError, match="clip walk: the mix has no task for clips without a p"):
        people_only.draw(make_clip(person=False), np.random.default_rng(0))
    with pytest.raises(InputError, match="no task for clips with a person"):
        TaskMix(without_person={"outpainting": 1}).draw(make_clip(), np.random.default_rng(0))


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


def test_the_camera_is_told_or_not(make_clip) -> None:
    mix = TaskMix(with_person={"video_background": 1})
    for share, least, most in ((0.0, 60, 60), (0.5, 18, 42), (1.0, 0, 0)):
        rng = np.random.default_rng(1)
        samples = [replace(mix, null_camera=share).draw(make_clip(), rng) for _ in range(60)]
        assert least <= sum(sample.has_camera for sample in samples) <= most


@pytest.mark.parametrize("name", TASKS)
def test_an_unknown_camera_is_never_told(make_clip, name) -> None:
    mix = TaskMix(with_person={name: 1})
    for known in (True, False):
        clip = replace(make_clip(), has_camera=known)
        assert mix.draw(clip, np.random.default_rng(0)).has_camera == known


def test_mattes_get_faults_or_not(make_clip) -> None:
    clip = make_clip(3, 66, 94)
    mix = TaskMix(with_person={"video_background": 1})
    for share, least, most in ((0.0, 0, 0), (1.0, 15, 20)):
        rng = np.random.default_rng(1)
        samples = [replace(mix, matte_errors=share).draw(clip, rng) for _ in range(20)]
        changed = [not torch.equal(sample.matte, clip.matte) for sample in samples]
        assert least <= sum(changed) <= most


def test_the_same_generator_gives_the_same_sample(make_clip) -> None:
    for mix in (STAGE_ONE, STAGE_TWO, SINGLE_STAGE, ACTANYWHERE):
        a, b = (mix.draw(make_clip(), np.random.default_rng(11)) for _ in range(2))
        assert (a.task, a.has_camera) == (b.task, b.has_camera)
        assert torch.equal(a.scene_image, b.scene_image)
        assert torch.equal(a.matte, b.matte)


def test_the_stages_are_the_papers() -> None:
    assert on(STAGE_ONE) == {"outpainting", "image_variation", "image_background"}
    assert on(STAGE_TWO) == {"video_variation", "video_background", "illumination"}
    assert STAGE_ONE.person_share == pytest.approx(1 / 3)  # three tasks, equally often
    assert on(SINGLE_STAGE) == on(STAGE_ONE) | on(STAGE_TWO)
    assert not set(STAGE_ONE.with_person) & set(STAGE_ONE.without_person)


def test_each_row_of_table_3_adds_one_thing() -> None:
    baseline, cameras, outpainting, variation = TABLE_3.values()
    assert all(stage.null_camera == 1 for stage in baseline)
    assert all(stage.null_camera < 0.5 for stage in cameras)
    assert [on(a) for a in baseline] == [on(b) for b in cameras]
    assert [on(b) - on(a) for a, b in zip(cameras, outpainting, strict=True)] == [
        {"outpainting"},
        set(),
    ]
    assert [on(b) - on(a) for a, b in zip(outpainting, variation, strict=True)] == [
        {"image_variation"},
        {"video_variation"},
    ]
    assert variation == TWO_STAGES == TABLE_4["two-stage"]
    assert BASELINE[0].person_share == CAMERA_CONTROL[1].person_share == 1
    assert len(TABLE_4["single-stage"]) == 1


@pytest.mark.parametrize("person", [True, False])
def test_every_row_can_be_drawn_from(make_clip, person) -> None:
    clip = make_clip(person=person)
    for stages in (*TABLE_3.values(), *TABLE_4.values()):
        for stage in stages:
            share = stage.person_share if person else 1 - stage.person_share
            assert stage.fits(clip) == (share > 0)
            if share:
                assert set(drawn(stage, clip, 30)) <= on(stage)


def test_where_every_clip_has_a_person_all_tasks_remain(make_clip) -> None:
    for mix in (STAGE_ONE, STAGE_TWO):
        alone = mix.on_people_alone()
        assert set(drawn(alone, make_clip())) == on(mix)
        assert alone.person_share == 1


@pytest.mark.parametrize("size", [(33, 47), (144, 48)])
def test_samples_become_a_batch_the_loss_mask_and_names(make_clip, size) -> None:
    clip, rng = make_clip(3, *size), np.random.default_rng(2)
    names = ["video_background", "video_variation", "illumination"]
    samples = [TASKS[name].make(clip, rng) for name in names]
    samples[1] = replace(samples[1], has_camera=False)
    batch, loss_mask, tasks = collate_samples(samples)
    assert tasks == names
    assert batch.has_camera is not None
    assert batch.has_camera.tolist() == [True, False, True]
    assert loss_mask.shape == batch.matte.shape == (3, 3, 1, *size)
    assert batch.video is not None
    for b, sample in enumerate(samples):
        assert torch.equal(batch.video[b], sample.video)
        assert torch.equal(loss_mask[b], sample.loss_mask)
        assert torch.equal(batch.generate_mask[b], 1 - sample.matte)
        assert torch.equal(batch.scene_visibility[b], sample.scene_visibility)


def test_images_and_videos_do_not_share_a_batch(make_clip) -> None:
    rng = np.random.default_rng(0)
    samples = [TASKS[n].make(make_clip(), rng) for n in ("outpainting", "video_variation")]
    with pytest.raises(InputError, match="outpainting of 1 frames 47x33 and video_variation of 3"):
        collate_samples(samples)
