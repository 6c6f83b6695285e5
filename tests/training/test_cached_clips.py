"""Cached short clips for the paper's tasks: who is in them, and in which light."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from dynascene.datasets.tasks.drawing import draw_sample
from dynascene.datasets.tasks.illumination import LightRanges
from dynascene.errors import InputError
from dynascene.imaging.colour import linear_from_srgb
from dynascene.models.systems.dynascene import IMAGE_TASKS, VIDEO_TASKS
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.training import shot_cache
from dynascene.training.cached_clips import CachedClips, lit_clip
from dynascene.training.shot_cache import CachedShots, Stock
from dynascene.types import Size

STOCK = Stock(first=16, uses=4, clips=16)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Iterator[CachedShots]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        patch.setattr(shot_cache, "CLIPS_PER_FILE", 16)
        shots = ShortShots("train", Size(24, 12), 3, worlds={"stage": 1.0})
        yield CachedShots(shots, tmp_path_factory.mktemp("clips"))


def clips(cache: CachedShots, share: float, seed: int = 0) -> CachedClips:
    return CachedClips(cache, STOCK, share, seed)


@pytest.mark.parametrize("share", [0.0, 1 / 3, 1.0])
def test_people_are_as_frequent_as_the_mix_needs(cache, share) -> None:
    people = [clips(cache, share)[index].has_person for index in range(60)]
    assert abs(np.mean(people) - share) < 0.2
    assert set(people) == {True, False} or share in (0, 1)


def test_a_clip_is_the_same_for_the_same_number(cache) -> None:
    first, again, other = clips(cache, 0.5)[3], clips(cache, 0.5)[3], clips(cache, 0.5, 1)[3]
    assert first.name == again.name
    assert torch.equal(first.video, again.video)
    assert not torch.equal(first.video, other.video)


def test_the_other_frame_is_the_scene_picture_with_its_camera(cache) -> None:
    clip = clips(cache, 0.5)[0]
    stored = cache.clip(int(clip.name.split()[-1]))
    assert torch.equal(
        clip.others_cameras.cam_from_world[0], stored["scene_cam_from_world"].double()
    )
    assert clip.others_matte.max() == 0
    assert clip.in_track_units


def test_the_light_falls_on_person_place_and_picture_alike(cache) -> None:
    plain = clips(cache, 1.0)._clip(int(clips(cache, 1.0)[0].name.split()[-1]))
    plain = lit_clip(plain, np.random.default_rng(0), LightRanges(**dict.fromkeys(
        ("brightness", "temperature", "shading", "gamma", "contrast"), 0.0)))  # fmt: skip
    ranges = LightRanges(brightness=-0.5, temperature=0.3, shading=0.0, gamma=0.0, contrast=0.0)
    lit = lit_clip(plain, np.random.default_rng(1), ranges)
    assert torch.equal(lit.matte, plain.matte)
    ratios = []
    for before, after in ((plain.video, lit.video), (plain.others, lit.others)):
        values = [linear_from_srgb(x / 2 + 0.5) for x in (before, after)]
        inside = (values[0] > 0.05) & (values[1] < 0.95)
        for channel in range(3):
            chosen = inside[:, channel]
            ratios.append(values[1][:, channel][chosen] / values[0][:, channel][chosen])
    for channel in range(3):
        both = torch.cat([ratios[channel], ratios[channel + 3]])
        assert both.std() < 1e-3 * both.mean()
    assert abs(ratios[0].mean() - ratios[2].mean()) > 0.01  # it has a colour


@pytest.mark.parametrize("mix", [IMAGE_TASKS, VIDEO_TASKS], ids=["image", "video"])
def test_every_task_of_the_paper_is_drawn(cache, mix) -> None:
    source, rng = clips(cache, mix.person_share), np.random.default_rng(0)
    tasks = {draw_sample(mix, source[index], rng).task for index in range(60)}
    assert tasks == {*mix.with_person, *mix.without_person}


def test_a_cache_without_people_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr(shot_cache, "CLIPS_PER_FILE", 2)
    shots = ShortShots("train", Size(8, 4), 2, worlds={"turn": 1.0}, person_share=0.0)
    empty = CachedClips(CachedShots(shots, tmp_path), Stock(first=2, clips=2), 1.0, 0)
    with pytest.raises(InputError, match="none of 64 clips is with a person"):
        empty[0]
