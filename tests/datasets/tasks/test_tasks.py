"""What each task gives, hides and asks for."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.background import (
    condition_frame,
    illumination,
    image_background,
    video_background,
)
from dynascene.datasets.tasks.drawing import TASKS
from dynascene.datasets.tasks.outpainting import outpainting
from dynascene.datasets.tasks.people import person_region
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.datasets.tasks.variation import image_variation, video_variation
from dynascene.errors import InputError
from dynascene.task_mix import TASK_NEEDS_PERSON
from dynascene.types import CameraTrack

IMAGE_TASKS = ("outpainting", "image_variation", "image_background")
NEEDS_PERSON = [name for name, needed in TASK_NEEDS_PERSON.items() if needed]
REMOVES_PERSON = [name for name in TASKS if name not in ("condition_frame", "outpainting")]


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def same(a: TrainingSample, b: TrainingSample) -> bool:
    pairs = [(parts(getattr(a, f.name)), parts(getattr(b, f.name))) for f in fields(TrainingSample)]
    return all(torch.equal(x, y) if isinstance(x, torch.Tensor) else x == y for x, y in pairs)


def parts(value):
    """Cameras as one tensor: tracks themselves do not compare."""
    return value.cam_from_world if isinstance(value, CameraTrack) else value


def repainted(frames: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Other colours where somebody is."""
    return torch.where(where, -0.7 * frames + 0.1, frames)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize(("frames", "height", "width"), [(1, 33, 47), (3, 33, 47), (3, 51, 19)])
def test_shapes_ranges_and_polarity(make_clip, name, frames, height, width) -> None:
    clip = make_clip(frames, height, width)
    sample = TASKS[name](clip, generator(1))
    F = 1 if name in IMAGE_TASKS else frames
    assert sample.task == name
    assert sample.video.shape == sample.foreground.shape == (F, 3, height, width)
    assert sample.matte.shape == sample.loss_mask.shape == (F, 1, height, width)
    assert sample.scene_image.shape == (3, height, width)
    assert sample.scene_visibility.shape == (1, height, width)
    assert sample.cam_from_world.shape == (F, 4, 4)
    assert sample.intrinsics.shape == (F, 3, 3)
    assert sample.scene_image.abs().max() <= 1
    assert set(sample.loss_mask.unique().tolist()) <= {0.0, 1.0}
    assert set(sample.scene_visibility.unique().tolist()) <= {0.0, 1.0}
    assert torch.all(sample.foreground[(sample.matte == 0).expand_as(sample.foreground)] == 0)
    holes = (sample.scene_visibility == 0).expand_as(sample.scene_image)
    assert set(sample.scene_image[holes].unique().tolist()) <= {-1.0, 0.0}


@pytest.mark.parametrize("name", TASKS)
def test_the_generator_alone_decides_and_the_clip_stays(make_clip, name) -> None:
    clip, untouched = make_clip(), make_clip()
    samples = [TASKS[name](clip, generator(seed)) for seed in (5, 5, 6, 7, 8, 9)]
    assert same(samples[0], samples[1])
    assert not all(same(samples[0], other) for other in samples[2:])
    for part in ("video", "matte", "others", "others_matte"):
        assert torch.equal(getattr(clip, part), getattr(untouched, part))


@pytest.mark.parametrize("name", TASKS)
def test_the_target_is_the_film_bit_for_bit(make_clip, name) -> None:
    clip = make_clip()
    seen = set()
    for seed in range(12):
        video = TASKS[name](clip, generator(seed)).video
        if name in IMAGE_TASKS:
            seen |= {t for t in range(3) if torch.equal(video[0], clip.video[t])}
        else:
            assert torch.equal(video, clip.video)
    assert seen == ({0, 1, 2} if name in IMAGE_TASKS else set())


@pytest.mark.parametrize("name", REMOVES_PERSON)
def test_nothing_of_the_person_reaches_the_scene_picture(make_clip, name) -> None:
    clip = make_clip()
    region = person_region(clip.others_matte)
    disguised = replace(clip, others=repainted(clip.others, region))
    for seed in range(6):
        scene = TASKS[name](clip, generator(seed)).scene_image
        again = TASKS[name](disguised, generator(seed)).scene_image
        assert torch.equal(scene, again)
    assert not torch.equal(clip.others, disguised.others)  # or the test would say nothing


@pytest.mark.parametrize("name", ["outpainting", "image_variation", "video_variation"])
def test_without_a_foreground_the_person_counts_nowhere(make_clip, name) -> None:
    clip = make_clip()
    region = person_region(clip.matte)
    disguised = replace(clip, video=repainted(clip.video, region))
    for seed in range(6):
        a, b = (TASKS[name](c, generator(seed)) for c in (clip, disguised))
        assert torch.equal(a.video * a.loss_mask, b.video * b.loss_mask)
        assert not torch.equal(a.video, b.video)
        assert torch.equal(a.scene_image, b.scene_image)
        assert torch.equal(a.foreground, torch.zeros_like(a.video))


@pytest.mark.parametrize("seed", range(8))
def test_outpainting_gives_the_frame_but_for_a_hole(make_clip, seed) -> None:
    clip = make_clip(height=101, width=149, person=False)
    sample = outpainting(clip, generator(seed))
    hole = sample.scene_visibility == 0
    assert 0.19 <= hole.float().mean() <= 0.51
    assert torch.equal(sample.scene_image, sample.video[0].masked_fill(hole, 0))
    assert torch.equal(1 - sample.matte[0], hole.float())  # mask 1 = to be completed
    assert torch.all(sample.loss_mask == 1)


def test_outpainting_takes_the_share_and_the_shape_it_is_told(make_clip) -> None:
    clip = make_clip(height=101, width=149, person=False)
    sample = outpainting(clip, generator(0), masked=(0.1, 0.1), shapes=["blobs"])
    assert (1 - sample.matte).mean() == pytest.approx(0.1, abs=0.001)


def test_outpainting_with_a_person_shows_black_there_and_mid_grey_in_the_hole(make_clip) -> None:
    clip = make_clip()
    still = replace(clip, video=clip.video[:1], matte=clip.matte[:1], cameras=clip.cameras[:1])
    person = person_region(still.matte[0])
    for seed in range(8):
        sample = outpainting(still, generator(seed))
        scene, seen = sample.scene_image, sample.scene_visibility == 1
        assert not (seen & person).any()
        assert torch.equal(sample.matte[0] == 1, seen)
        assert torch.equal(sample.loss_mask[0] == 0, person)
        assert torch.all(scene[(~seen & ~person).expand_as(scene)] == 0)
        assert set(scene[person.expand_as(scene)].unique().tolist()) <= {-1.0, 0.0}


@pytest.mark.parametrize("make", [image_variation, video_variation])
def test_variation_generates_everything_from_another_frame(make_clip, make) -> None:
    clip = make_clip(person=False)
    chosen = set()
    for seed in range(12):
        sample = make(clip, generator(seed))
        assert torch.all(sample.matte == 0)
        assert torch.all(sample.foreground == 0)
        assert torch.all(sample.loss_mask == 1)
        assert torch.all(sample.scene_visibility == 1)
        chosen |= {j for j in range(3) if torch.equal(sample.scene_image, clip.others[j])}
    assert chosen == {0, 1, 2}


@pytest.mark.parametrize("make", [image_background, video_background])
def test_background_generation_gives_the_person_and_asks_for_the_film(make_clip, make) -> None:
    sample = make(make_clip(), generator(2))
    assert torch.equal(sample.foreground, sample.video * sample.matte)
    assert sample.matte.amax() == 1
    whole = (sample.matte == 1).expand_as(sample.video)
    assert torch.equal(sample.foreground[whole], sample.video[whole])
    assert torch.all(sample.loss_mask == 1)
    removed = sample.scene_visibility == 0
    assert removed.any()
    assert torch.all(sample.scene_image[removed.expand_as(sample.scene_image)] == -1)


def test_an_image_of_somebody_is_drawn_where_somebody_is(make_clip) -> None:
    clip = make_clip(frames=5)
    matte = clip.matte.clone()
    matte[[0, 1, 3, 4]] = 0
    alone = replace(clip, matte=matte)
    for seed in range(8):
        assert torch.equal(image_background(alone, generator(seed)).video[0], clip.video[2])


@pytest.mark.parametrize("name", NEEDS_PERSON)
def test_tasks_about_a_person_refuse_clips_without(make_clip, name) -> None:
    with pytest.raises(InputError, match=r"clip walk: nobody is in these frames"):
        TASKS[name](make_clip(person=False), generator(0))


def test_the_scene_is_no_frame_of_the_piece_while_there_are_others(make_clip) -> None:
    clip = make_clip(person=False)
    repeated = replace(clip, others=torch.cat([clip.video[:2], clip.others[:1]]))
    for seed in range(8):
        scene = video_variation(repeated, generator(seed)).scene_image
        assert torch.equal(scene, clip.others[0])
    still: FilmedClip = replace(clip, others=clip.video)
    assert video_variation(still, generator(0)).scene_visibility.all()  # nothing else is there


def test_illumination_changes_the_scene_of_the_video_task_alone(make_clip) -> None:
    clip = make_clip()
    plain, lit = video_background(clip, generator(4)), illumination(clip, generator(4))
    assert not torch.equal(plain.scene_image, lit.scene_image)
    assert same(replace(lit, task=plain.task, scene_image=plain.scene_image), plain)


def test_a_condition_frame_is_a_composite_or_a_place_alone(make_clip) -> None:
    clip = make_clip()
    pictures = torch.cat([clip.video, clip.others])
    drawn = set()
    for seed in range(40):
        scene = condition_frame(clip, generator(seed), composite_share=1).scene_image
        drawn |= {i for i, picture in enumerate(pictures) if torch.equal(picture, scene)}
        place = condition_frame(clip, generator(seed), composite_share=0)
        assert (place.scene_visibility == 0).any()
    assert drawn == set(range(6))
    composites = [condition_frame(clip, generator(s)).scene_visibility.all() for s in range(60)]
    assert 18 <= sum(map(int, composites)) <= 42


def test_a_condition_frame_says_where_it_was_taken(make_clip) -> None:
    plain = make_clip(3)
    clip = replace(plain, others_cameras=plain.cameras, in_track_units=True)
    for seed in range(20):
        sample = condition_frame(clip, generator(seed), composite_share=1)
        pictures = torch.cat([clip.video, clip.others])
        (i,) = [i for i, p in enumerate(pictures) if torch.equal(p, sample.scene_image)]
        torch.testing.assert_close(sample.scene_cam_from_world, sample.cam_from_world[i % 3])
        unknown = condition_frame(plain, generator(seed), composite_share=1)
        assert (unknown.scene_camera is None) is (i >= 3)
