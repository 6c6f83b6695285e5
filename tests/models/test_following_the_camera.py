"""A gate on the way to a network that obeys a camera: in one place it must in a hundred steps."""

import numpy as np
import pytest
import torch
from torch import Tensor

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.schedule import TRAINING_STEPS
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.latents import EncodedClip, encode_clip, encode_images
from dynascene.models.sizes import MICRO
from dynascene.models.systems.dynascene import DYNASCENE
from dynascene.models.systems.dynascene_rendered import SHARED_RAYS_LOSS
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.shots.short_filming import (
    PersonLayers,
    Setting,
    film,
    level_pose,
    started_at,
)
from dynascene.synthetic.shots.short_paths import even_move
from dynascene.synthetic.worlds import draw_place
from dynascene.training_batch import TrainingBatch, collate
from dynascene.types import CameraTrack

SIZE, FRAMES, FOV = MICRO.resolution, 3, 65
TURNS = np.linspace(8, 30, 12)  # degrees; each to the right and to the left


def pans_in_one_place() -> TrainingBatch:
    """Every second clip turns the other way; the picture is always the same."""
    place = draw_place("turn", Library("train", 2 * SIZE.width), np.random.default_rng(0))[1]
    start = level_pose(0, -3.0)
    picture = CameraTrack(start[None], intrinsics_from_fov(FOV, SIZE)[None], SIZE)
    setting = Setting(place, picture, torch.ones(3, 1, 1))
    empty = torch.zeros(FRAMES, 4, SIZE.height, SIZE.width)
    nobody = PersonLayers(empty[:, :3], empty[:, 3:])
    return collate(
        [
            film(setting, started_at(track, start), nobody, "turn", "one place")
            for turn in TURNS
            for track in (even_move("pan", s * float(turn), FRAMES, FOV, SIZE) for s in (1, -1))
        ]
    )


@torch.no_grad()
def gap(denoiser: Denoiser, clip: EncodedClip, clean: Tensor) -> float:
    """PSNR of the one-step estimate under the true track, minus that under the opposite one."""
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(clean.shape, generator=generator)
    steps = torch.full((len(clean),), TRAINING_STEPS - 1)
    opposite = torch.arange(len(clean)).view(-1, 2).flip(1).flatten()
    turned = clip.replace(cam_from_world=clip.cam_from_world[opposite])
    true, wrong = (
        (denoiser(noise, steps, told).value - clean).square().flatten(1).mean(1).log10().mean()
        for told in (clip, turned)
    )
    return 10 * float(wrong - true)


@pytest.mark.long
def test_in_one_place_it_follows_after_a_hundred_steps() -> None:
    torch.manual_seed(0)
    batch, vae = pans_in_one_place(), SpaceToDepth()
    encoder = SmallImageEncoder(MICRO.token_width)
    denoiser = DYNASCENE.denoiser(MICRO, "shared_rays")
    clean = encode_images(vae, batch.target("video"))
    with torch.no_grad():
        clip = encode_clip(batch.pixels, vae, encoder)
    assert abs(gap(denoiser, clip, clean)) < 0.2, "untrained, it must not know left from right"

    trained = [p for p in denoiser.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=2e-3, betas=(0.9, 0.99), weight_decay=0.01)
    rng = np.random.default_rng(1)
    for step in range(100):
        some = torch.from_numpy(rng.choice(len(clean), 8, replace=False))
        part = clip.replace(**{name: tensor[some] for name, tensor in clip.items()})
        generators = [torch.Generator().manual_seed(8 * step + k) for k in range(8)]
        optimiser.param_groups[0]["lr"] = 2e-3 * min(1, (step + 1) / 20)
        loss = SHARED_RAYS_LOSS(denoiser, part, clean[some], generators)["prediction"].mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
    assert gap(denoiser.eval(), clip, clean) > 3
