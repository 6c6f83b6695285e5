"""A gate on the way to a network that follows the camera: in unseen places, from nothing."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from dynascene.geometry.tracks import opposite_track
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.sizes import MICRO
from dynascene.models.systems import SYSTEMS
from dynascene.models.systems.dynascene_rendered import SHARED_RAYS_LOSS
from dynascene.models.systems.system import all_parameters
from dynascene.synthetic.shots.moved_shots import MovedShot
from dynascene.synthetic.shots.short_paths import even_move
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.worlds import draw_world
from dynascene.training.batch_encoding import PixelEncoder
from dynascene.training.randomness import sample_generators
from dynascene.training.short_clips import ShortClipObjective
from dynascene.training_batch import collate
from dynascene.types import CameraTrack

BATCH, WARMUP, RATE = 8, 100, 2e-3
Draw = Callable[[int], MovedShot]


@pytest.fixture(autouse=True)
def procedural(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


def pans(split: str) -> Draw:
    """Pans of 12 … 32 degrees either way of a split's places, seen from the first frame."""
    shots = ShortShots(
        split, MICRO.resolution, MICRO.frames,
        worlds={"turn": 1.0}, person_share=0.0, own_view_share=1.0,
    )  # fmt: skip

    def draw(number: int) -> MovedShot:
        rng = np.random.default_rng([number, 7])
        world, name, place = draw_world(rng, shots.worlds, shots.library)
        amount = float(rng.choice([-1, 1]) * rng.uniform(12, 32))
        track = even_move("pan", amount, shots.frames, 65.0, shots.size)
        shot = shots.filmed(rng, world, name, place, track)
        cameras = CameraTrack(shot.cam_from_world, shot.intrinsics, shots.size)
        return MovedShot(shot, opposite_track(cameras).cam_from_world, "pan")

    return draw


def trained(draw: Draw, validation: Sequence[MovedShot], steps: int) -> ShortClipObjective:
    torch.manual_seed(0)
    denoiser = SYSTEMS["dynascene"].denoiser(MICRO, "shared_rays")
    objective = ShortClipObjective(
        denoiser,
        SmallImageEncoder(MICRO.token_width),
        SpaceToDepth(),
        all_parameters(denoiser),
        lambda: validation,
        batch_encoder=PixelEncoder("video"),
        loss=SHARED_RAYS_LOSS,
        additive=True,
        steps=6,
        guidance=1.0,
    )
    adam = torch.optim.AdamW(objective.trainable_parameters().values(), RATE, (0.9, 0.99))
    for step in range(steps):
        numbers = range(step * BATCH, (step + 1) * BATCH)
        batch = collate([draw(number).shot for number in numbers])
        for group in adam.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARMUP)
        with torch.autocast("cpu", torch.bfloat16):
            loss = objective(batch, sample_generators(0, numbers))["loss"]
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(objective.trainable_parameters().values(), 1.0)
        adam.step()
    return objective.eval()


@pytest.mark.long
def test_in_unseen_places_a_pan_is_followed_after_six_hundred_steps() -> None:
    draw_unseen = pans("val")
    validation = [draw_unseen(number) for number in range(24)]
    figures = trained(pans("train"), validation, 600).examine(0).figures
    assert figures["gap_one_step"] > 1.5
