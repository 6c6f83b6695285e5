"""Samples drawn by a mix: weights, switches, and kinds of clips."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.drawing import TASKS, draw_sample
from dynascene.errors import InputError
from dynascene.task_mix import TASK_NEEDS_PERSON, TaskMix
from dynascene.types import Size

EVERY_TASK = TaskMix(
    with_person={name: 1.0 for name, needed in TASK_NEEDS_PERSON.items() if needed},
    without_person={name: 1.0 for name, needed in TASK_NEEDS_PERSON.items() if not needed},
    null_camera=0.5,
    matte_errors=0.5,
)


def drawn(mix: TaskMix, clip, count: int = 60) -> Counter[str]:
    rng = np.random.default_rng(0)
    return Counter(draw_sample(mix, clip, rng).task for _ in range(count))


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
    places_only = TaskMix(without_person={"outpainting": 1})
    with pytest.raises(InputError, match="clip walk: the mix has no task for clips without a p"):
        draw_sample(people_only, make_clip(person=False), np.random.default_rng(0))
    with pytest.raises(InputError, match="no task for clips with a person"):
        draw_sample(places_only, make_clip(), np.random.default_rng(0))


def test_the_camera_is_told_or_not(make_clip) -> None:
    mix = TaskMix(with_person={"video_background": 1})
    for share, least, most in ((0.0, 60, 60), (0.5, 18, 42), (1.0, 0, 0)):
        rng = np.random.default_rng(1)
        samples = [
            draw_sample(replace(mix, null_camera=share), make_clip(), rng) for _ in range(60)
        ]
        assert least <= sum(sample.has_camera for sample in samples) <= most


@pytest.mark.parametrize("name", TASKS)
def test_an_unknown_camera_is_never_told(make_clip, name) -> None:
    mix = TaskMix(with_person={name: 1})
    for known in (True, False):
        clip = replace(make_clip(), has_camera=known)
        assert draw_sample(mix, clip, np.random.default_rng(0)).has_camera == known


def test_mattes_get_faults_or_not(make_clip) -> None:
    clip = make_clip(3, 66, 94)
    mix = TaskMix(with_person={"video_background": 1})
    for share, least, most in ((0.0, 0, 0), (1.0, 15, 20)):
        rng = np.random.default_rng(1)
        samples = [draw_sample(replace(mix, matte_errors=share), clip, rng) for _ in range(20)]
        changed = [not torch.equal(sample.matte, clip.matte) for sample in samples]
        assert least <= sum(changed) <= most


@pytest.mark.parametrize("size", [(33, 47), (144, 48)])
def test_samples_become_a_batch_the_loss_mask_and_names(make_clip, size) -> None:
    clip, rng = make_clip(3, *size), np.random.default_rng(2)
    names = ["video_background", "video_variation", "illumination"]
    samples = [TASKS[name](clip, rng) for name in names]
    samples[1] = replace(samples[1], has_camera=False)
    made = collate_samples(samples)
    batch, loss_mask, video = made.pixels, made.loss_mask, made.target("video")
    assert made.tasks == names
    assert loss_mask is not None
    assert batch.has_camera is not None
    assert batch.has_camera.tolist() == [True, False, True]
    assert loss_mask.shape == batch.matte.shape == (3, 3, 1, *size)
    for b, sample in enumerate(samples):
        assert torch.equal(video[b], sample.video)
        assert torch.equal(loss_mask[b], sample.loss_mask)
        assert torch.equal(batch.generate_mask[b], 1 - sample.matte)
        assert torch.equal(batch.scene_visibility[b], sample.scene_visibility)


def test_a_batch_says_where_each_scene_picture_was_taken(make_clip) -> None:
    """As far from the frames as it was filmed; where that is not known, at the first frame."""
    plain = make_clip(3, 33, 47)
    clip = replace(plain, others=plain.others[:1], others_matte=plain.others_matte[:1],
                   others_cameras=plain.cameras[2:], in_track_units=True)  # fmt: skip
    rng = np.random.default_rng(2)
    samples = [TASKS["video_background"](clip, rng), TASKS["video_background"](plain, rng)]
    batch = collate_samples(samples).pixels
    scene, K = batch.scene_cam_from_world, batch.scene_intrinsics
    torch.testing.assert_close(scene[0], batch.cam_from_world[0, 2])
    torch.testing.assert_close(scene[1], batch.cam_from_world[1, 0])
    torch.testing.assert_close(K[0], plain.cameras.intrinsics[2])
    torch.testing.assert_close(batch.resized(Size(94, 33)).scene_intrinsics[0, 0], 2 * K[0, 0])


def test_images_and_videos_do_not_share_a_batch(make_clip) -> None:
    rng = np.random.default_rng(0)
    samples = [TASKS[n](make_clip(), rng) for n in ("outpainting", "video_variation")]
    with pytest.raises(InputError, match="outpainting of 1 frames 47x33 and video_variation of 3"):
        collate_samples(samples)


def test_every_named_task_has_a_function() -> None:
    assert list(TASKS) == list(TASK_NEEDS_PERSON)


def test_the_same_generator_gives_the_same_sample(make_clip) -> None:
    for person in (True, False):
        for seed in range(5):
            a, b = (
                draw_sample(EVERY_TASK, make_clip(person=person), np.random.default_rng(seed))
                for _ in range(2)
            )
            assert (a.task, a.has_camera) == (b.task, b.has_camera)
            assert torch.equal(a.scene_image, b.scene_image)
            assert torch.equal(a.matte, b.matte)


def test_where_every_clip_has_a_person_all_tasks_remain(make_clip) -> None:
    assert set(drawn(EVERY_TASK.on_people_alone(), make_clip(), 200)) == set(TASKS)
