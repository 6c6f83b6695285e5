"""Rendered clips as ActAnywhere is trained: any frame as condition, faults in mattes."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch.utils.data import Dataset

from dynascene.models.systems.actanywhere import ACTANYWHERE, ACTANYWHERE_SMALL
from dynascene.recipes.rendered import rendered_run
from dynascene.training.condition_frames import ConditionFrames
from dynascene.training.run import Settings

F, H, W = 3, 24, 32


class Clips(Dataset[SimpleNamespace]):
    """A person who stands on the left, before noise; every number differs from all others."""

    def __getitem__(self, index: int) -> SimpleNamespace:
        generator = torch.Generator().manual_seed(index)
        matte = torch.zeros(F, 1, H, W)
        matte[..., 4:20, 3:14] = float(index % 4 > 0)  # nobody in every fourth
        video = torch.rand(F, 3, H, W, generator=generator) + 1
        return SimpleNamespace(
            video=video,
            background=video + 1,
            matte=matte,
            foreground=video * matte,
            scene_image=torch.rand(3, H, W, generator=generator),
            scene_visibility=torch.rand(1, H, W, generator=generator),
            cam_from_world=torch.rand(F, 4, 4, generator=generator),
            intrinsics=torch.rand(F, 3, 3, generator=generator),
            scene_cam_from_world=torch.rand(4, 4, generator=generator),
            scene_intrinsics=torch.rand(3, 3, generator=generator),
        )


def differences(one: SimpleNamespace, two: SimpleNamespace) -> set[str]:
    return {name for name in vars(one) if not torch.equal(vars(one)[name], vars(two)[name])}


def test_a_composite_is_a_frame_of_the_clip_with_its_own_camera() -> None:
    frames = ConditionFrames(Clips(), composites=1.0, matte_errors=0.0, seed=0)
    drawn = set()
    for index in range(20):
        clip, before = frames[index], Clips()[index]
        (i,) = [i for i in range(F) if torch.equal(clip.scene_image, clip.video[i])]
        assert torch.equal(clip.scene_cam_from_world, clip.cam_from_world[i])
        assert torch.equal(clip.scene_intrinsics, clip.intrinsics[i])
        assert clip.scene_visibility.eq(1).all()
        assert all(name.startswith("scene_") for name in differences(clip, before))
        drawn.add(i)
    assert drawn == set(range(F))


def test_faults_change_matte_and_foreground_together_and_nothing_else() -> None:
    frames = ConditionFrames(Clips(), composites=0.0, matte_errors=1.0, seed=0)
    faulty = 0
    for index in range(20):
        clip, before = frames[index], Clips()[index]
        changed = differences(clip, before)
        assert changed <= {"matte", "foreground"}
        assert torch.equal(clip.foreground, clip.video * clip.matte)
        assert clip.matte.any() == before.matte.any()
        faulty += "matte" in changed
    assert 8 < faulty <= 15


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_shares_are_kept_and_draws_repeat(share) -> None:
    frames = ConditionFrames(Clips(), composites=share, matte_errors=0.0, seed=3)
    changed = [bool(differences(frames[i], Clips()[i])) for i in range(200)]
    assert sum(changed) / 200 == pytest.approx(share, abs=0.1)
    assert changed == [bool(differences(frames[i], Clips()[i])) for i in range(200)]
    other = ConditionFrames(Clips(), composites=share, matte_errors=0.0, seed=4)
    assert not share or changed != [bool(differences(other[i], Clips()[i])) for i in range(200)]


def test_conditions_are_drawn_at_size_micro_alone(tmp_path) -> None:
    clean = next(t for t in ACTANYWHERE.rendered if t.name == "micro_clean")
    assert (clean.composites, clean.matte_errors) == (0.5, 0.5)
    with pytest.raises(ValueError, match="are for size micro alone"):
        rendered_run(
            ACTANYWHERE, replace(ACTANYWHERE_SMALL, composites=0.5), Settings(out=tmp_path)
        )
