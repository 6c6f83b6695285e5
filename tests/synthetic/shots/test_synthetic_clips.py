"""Synthetic shots as clips to train tasks on."""

import pytest
import torch

from dynascene.errors import InputError
from dynascene.synthetic.shots.clips import SyntheticClips
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.types import Size


@pytest.fixture(autouse=True)
def procedural(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


@pytest.fixture
def shots() -> SyntheticShots:
    return SyntheticShots("train", (48, 32), 5, length=10, worlds={"turn": 1.0}, person_share=0.0)


def test_synthetic_shots_as_clips(shots: SyntheticShots) -> None:
    clips = SyntheticClips(shots, length=3, others=2)
    starts = set()
    for index in (0, 3, 4, 7):
        clip, shot = clips[index], shots[index]
        start = next(k for k in range(3) if torch.equal(clip.video[0], shot.video[k]))
        starts.add(start)
        torch.testing.assert_close(clip.video, shot.video[start : start + 3], rtol=0, atol=0)
        piece = shot.cam_from_world[start : start + 3]
        torch.testing.assert_close(clip.cameras.cam_from_world, piece)
        assert clip.cameras.size == Size(48, 32)
        outside = [k for k in range(5) if not start <= k < start + 3]
        for other in clip.others:
            assert any(torch.equal(other, shot.video[k]) for k in outside)
        assert not clip.has_person
    assert len(starts) > 1
    assert torch.equal(clips[13].cameras.intrinsics[0], clips[3].cameras.intrinsics[0])
    with pytest.raises(InputError, match="5 frames hold no piece of 6"):
        SyntheticClips(shots, length=6)
