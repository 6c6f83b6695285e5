"""Rendered clips in files of bytes."""

import pickle

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.synthetic.shots import short_shots
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.training import shot_cache
from dynascene.training.shot_cache import CachedShots, ShotSamples, Stock
from dynascene.training_batch import collate
from dynascene.types import Size

SIZE, FRAMES = Size(8, 4), 2


@pytest.fixture(autouse=True)
def small_files(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr(shot_cache, "CLIPS_PER_FILE", 3)


def shots(**options) -> ShortShots:
    return ShortShots("train", SIZE, FRAMES, worlds={"turn": 1.0}, **options)


def test_a_cached_clip_is_the_rendered_one_rounded_to_bytes(tmp_path) -> None:
    shot, clip = shots(person_share=1.0)[4], CachedShots(shots(person_share=1.0), tmp_path).clip(4)
    for name in ("video", "background", "foreground", "scene_image", "matte", "intrinsics"):
        torch.testing.assert_close(
            clip[name].double(), getattr(shot, name).double(), atol=1 / 255 + 1e-6, rtol=1e-6
        )
    assert (clip["foreground"][(clip["matte"] == 0).expand_as(clip["foreground"])] == 0).all()
    assert clip["scene_cam_from_world"].shape == (4, 4)


def test_a_clip_is_rendered_once(tmp_path, monkeypatch) -> None:
    CachedShots(shots(), tmp_path).clip(4)
    monkeypatch.setattr(short_shots, "film", None)  # rendering again would fail
    again = CachedShots(shots(), tmp_path)
    assert again.clip(3)["video"].shape == (FRAMES, 3, 4, 8)
    with pytest.raises(TypeError):
        again.clip(0)  # of a file that was not asked for before


def test_other_shots_lie_in_another_folder(tmp_path) -> None:
    folders = {
        CachedShots(s, tmp_path).folder
        for s in (shots(), shots(seed=1), shots(person_share=0.0), shots(own_view_share=1.0),
                  ShortShots("val", SIZE, FRAMES, worlds={"turn": 1.0}),
                  ShortShots("train", SIZE, 3, worlds={"turn": 1.0}))
    }  # fmt: skip
    assert len(folders) == 6


def test_a_damaged_file_is_named(tmp_path) -> None:
    cache = CachedShots(shots(), tmp_path)
    cache.path(0).write_bytes(b"half")
    with pytest.raises(InputError, match=r"00000\.npy: is no whole file"):
        cache.clip(0)
    np.save(cache.path(1), np.zeros(3))
    with pytest.raises(InputError, match="other clips"):
        cache.clip(3)


def test_samples_are_drawn_from_ever_more_clips(tmp_path) -> None:
    stock = Stock(first=3, uses=2, clips=5)
    assert [stock.count(index) for index in (0, 1, 2, 3, 4, 100)] == [3, 3, 4, 4, 5, 5]
    samples = ShotSamples(CachedShots(shots(), tmp_path), stock, seed=0)
    samples = pickle.loads(pickle.dumps(samples))  # as a loader's worker gets it
    batch = collate([samples[index] for index in range(4)])
    assert batch.pixels.size == SIZE
    assert batch.target("video").shape == (4, FRAMES, 3, 4, 8)
    assert torch.equal(samples[2].video, samples[2].video)
