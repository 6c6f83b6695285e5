"""How often which source of clips is drawn."""

import pytest

from dynascene.models.systems.dynascene import IMAGE_TASKS, VIDEO_TASKS
from dynascene.recipes.clip_sources import open_clips, source_weights
from dynascene.synthetic.shots.clips import SyntheticClips
from dynascene.types import Size


@pytest.mark.parametrize(
    ("people", "wanted", "expected"),
    [
        ([1.0, 0.0], 0.75, [0.75, 0.25]),
        ([0.0, 1.0, 0.9], 0.5, [0.5, 0.25, 0.25]),
        ([1.0, 1.0, 1.0], 0.2, [1.0, 1.0, 1.0]),
        ([0.1, 0.0], 0.9, [1.0, 1.0]),
        ([1.0, 0.0], 1.0, [1.0, 0.02]),  # nothing that was asked for is left out
    ],
)
def test_kinds_are_drawn_as_the_mix_needs_them(people, wanted, expected) -> None:
    assert source_weights(people, wanted) == pytest.approx(expected)


@pytest.mark.parametrize("mix", [IMAGE_TASKS, VIDEO_TASKS])
def test_without_sources_clips_are_rendered(mix, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    clips = open_clips((), mix, Size(48, 32), 3, seed=1, worlds={"turn": 1.0})
    assert isinstance(clips, SyntheticClips)
    assert clips.shots.person_share == mix.person_share
    assert clips.shots.worlds == {"turn": 1.0}
    clip = clips[0]
    assert clip.video.shape == (3, 3, 32, 48)
    assert clip.others.shape == (1, 3, 32, 48)
