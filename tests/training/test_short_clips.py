"""Training on short clips, and what the examination says about following the camera."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from dynascene.imaging.tensor_metrics import clip_psnrs, weighted_psnr
from dynascene.models.sizes import MICRO
from dynascene.models.systems import find_system
from dynascene.models.systems.system import all_parameters
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.training.batch_encoding import PixelEncoder
from dynascene.training.short_clips import ShortClipObjective
from dynascene.types import Size


def test_the_psnr_of_each_clip_is_that_of_the_clip_alone() -> None:
    truth = torch.zeros(3, 2, 3, 4, 4)
    frames = truth + torch.tensor([0.1, 0.01, 0.5])[:, None, None, None, None]
    weight = torch.ones(3, 2, 1, 4, 4)
    weight[2] = 0
    found = clip_psnrs(frames, truth, weight)
    torch.testing.assert_close(found[:2], torch.tensor([20.0, 40.0]))
    assert found[2].isnan()
    assert weighted_psnr(frames[:1], truth[:1], weight[:1]) == pytest.approx(float(found[0]))


@pytest.fixture(scope="module")
def moves():
    shots = ShortShots("val", Size(24, 12), 3, worlds={"stage": 1.0}, person_share=0.5)
    return [MovedShots(shots)[index] for index in range(8)]


class Answering(ShortClipObjective):
    """Samples that are made up: what a clip's cameras were asked for → frames."""

    def __init__(self, answer) -> None:
        torch.nn.Module.__init__(self)
        self.answer, self.steps, self.tells_moves_by_cameras = answer, 2, True

    def _sampled(self, clip, steps: int, seed: int) -> Tensor:
        return self.answer(clip)


def examined(answer, moves) -> dict[str, float]:
    objective = Answering(answer)
    objective.validation_moves = lambda: moves
    return dict(objective.examine(0).figures)


@pytest.fixture
def filmed(moves) -> dict[int, Tensor]:
    """What was truly filmed, by the cameras that filmed it."""
    moved = moved_clips(moves)
    return {hash(tuple(moved.clip.cam_from_world.flatten().tolist())): moved.truth}


def test_a_network_that_gives_what_its_cameras_film_has_a_gap(moves, filmed) -> None:
    def obey(clip):
        truth = filmed.get(hash(tuple(clip.cam_from_world.flatten().tolist())))
        still = (clip.scene_image / 2 + 0.5)[:, None].expand(-1, 3, -1, -1, -1)
        return still if truth is None else truth

    figures = examined(obey, moves)
    assert figures["psnr_sample"] == pytest.approx(100)
    assert figures["gap_sample"] > 50
    assert figures["obeyed_sample"] == 1


def test_a_still_picture_has_no_gap(moves) -> None:
    figures = examined(
        lambda clip: (clip.scene_image / 2 + 0.5)[:, None].expand(-1, 3, -1, -1, -1), moves
    )
    assert figures["gap_sample"] == 0
    assert figures["obeyed_sample"] == 0
    assert figures["psnr_sample"] == pytest.approx(figures["psnr_still"])


def test_a_clip_that_cannot_be_judged_is_not_counted_as_disobeyed(moves, filmed) -> None:
    everywhere = replace(moves[0].shot, matte=torch.ones_like(moves[0].shot.matte))
    hidden = [replace(moves[0], shot=everywhere), *moves[1:]]

    def obey(clip):
        truth = filmed.get(hash(tuple(clip.cam_from_world.flatten().tolist())))
        return torch.zeros(len(clip), 3, 3, 12, 24) if truth is None else truth

    assert examined(obey, hidden)["obeyed_sample"] == 1


@pytest.mark.parametrize(
    ("name", "expected"), [("dynascene", True), ("animateanywhere", True), ("disentangled", False)]
)
def test_a_move_that_points_tell_has_no_gap(moves, name: str, expected: bool) -> None:
    """Points along the true track do not change with the cameras beside them."""
    system = find_system(name)
    (training,) = (training for training in system.rendered if training.name == "micro")
    denoiser = system.denoiser(MICRO, training.variant)
    objective = ShortClipObjective(
        denoiser,
        torch.nn.Identity(),
        torch.nn.Identity(),
        all_parameters(denoiser),
        lambda: moves,
        batch_encoder=PixelEncoder("video"),
        loss=training.loss,
        additive=True,
        steps=2,
        guidance=1.0,
    )
    assert objective.tells_moves_by_cameras == expected
    answering = Answering(lambda clip: torch.zeros(len(clip), 3, 3, 12, 24))
    answering.tells_moves_by_cameras = objective.tells_moves_by_cameras
    answering.validation_moves = lambda: moves
    figures = answering.examine(0).figures
    assert ("gap_sample" in figures) == ("obeyed_one_step" in figures) == expected
    assert {"psnr_sample", "psnr_one_step_seen"} <= figures.keys()
