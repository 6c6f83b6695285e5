"""What do all shortcuts of sampling bring? Ours beside a naive sampler of the same weights.

    python benchmarks/naive_sampling.py [--frames 24] [--steps 50]

The bundled weights paint a pan over the demonstration's place at 256×144, of whose picture the
right part is hidden and continued by its mirror image; the truth is the pan over the whole picture.
The naive sampler works in float32, computes the ReferenceNet and the picture's tokens anew in every
step, once with the conditions and once without, takes the usual number of steps with the usual
guidance, and decodes all frames at once. Every row takes one more shortcut. The same seed
everywhere; PSNR in decibels of all pixels, and of those that the picture does not show. CPU seconds
are those of sampling and decoding. Writes results/naive_sampling.md.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
from measuring import table, write_result
from torch import Tensor

from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.demo import SCENE_HORIZON, demo_scene
from dynascene.generation.generate import generate
from dynascene.generation.model_input import model_batch
from dynascene.generation.place_input import lift_place, open_place
from dynascene.generation.request import PlaceInput
from dynascene.generation.weights import has_fast_bfloat16, load_weights
from dynascene.geometry.framing import Framing
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.moves import make_move
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.io.images import read_image, write_png
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.jobs.log import Log
from dynascene.models.autoencoders import autoencoder_of
from dynascene.models.diffusion.samplers import guided
from dynascene.models.image_encoder import image_tokens
from dynascene.models.pipeline import GUIDANCE, DynaScenePipeline
from dynascene.types import Batch, Shot, Size

SIZE = Size(256, 144)
FOV, MOVE, SHOWN = 42.0, "pan-right:6", 0.62  # degrees; share of the picture that is not hidden
SEED = 1


class Clip(NamedTuple):
    """batch: what a sampler sees. truth: [F, 3, H, W], 0 … 1. hidden: [F, 1, H, W], 1 = hidden."""

    batch: Batch
    truth: Tensor
    hidden: Tensor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--steps", type=int, default=50)
    given = parser.parse_args()
    torch.set_num_threads(1)
    clip, pipeline = half_hidden_clip(given.frames), load_weights(None).pipeline
    pipeline.set_progress_bar_config(disable=True)
    quick = torch.bfloat16 if has_fast_bfloat16() else torch.float32
    few = pipeline.sampling(None, None)
    many = given.steps, GUIDANCE
    ways: dict[str, tuple[torch.dtype, Callable[[], Tensor]]] = {
        "naive": (torch.float32, lambda: naive_frames(pipeline, clip.batch, *many)),
        "features once, frames decoded by twos": (
            torch.float32,
            lambda: our_frames(pipeline, clip.batch, *many),
        ),
        f"and {str(quick).removeprefix('torch.')}": (
            quick,
            lambda: our_frames(pipeline, clip.batch, *many),
        ),
        f"and the weights' own steps and guidance, {few[0]} and {few[1]:g}": (
            quick,
            lambda: our_frames(pipeline, clip.batch, *few),
        ),
    }
    rows: list[tuple[str, ...]] = []
    seconds: list[float] = []
    for name, (kind, frames) in ways.items():
        pipeline.denoiser.to(kind)
        begin = time.process_time()
        made = frames()
        seconds.append(time.process_time() - begin)
        known = torch.ones_like(clip.hidden)
        figures = [f"{psnr(made, clip.truth, where):.2f}" for where in (known, clip.hidden)]
        gain = f"{seconds[0] / seconds[-1]:.1f}"
        rows.append((name, f"{seconds[-1]:.2f}", gain, *figures))
        print(rows[-1], flush=True)
    columns = ("sampler", "CPU s", "× as fast", "PSNR", "PSNR where hidden")
    command = f"python benchmarks/naive_sampling.py --frames {given.frames} --steps {given.steps}"
    write_result("naive_sampling", command, table(columns, rows))


def naive_frames(pipeline: DynaScenePipeline, batch: Batch, steps: int, guidance: float) -> Tensor:
    """The frames [F, 3, H, W], 0 … 1, by a sampler that keeps nothing from one step to the next."""
    with torch.no_grad():
        clip, denoiser, scheduler = pipeline.encode(batch), pipeline.denoiser, pipeline.scheduler
        shape = (
            *clip.foreground.shape[:2],
            denoiser.size.latent_channels,
            *clip.foreground.shape[3:],
        )
        scheduler.set_timesteps(steps)
        latents = torch.randn(shape, generator=torch.Generator().manual_seed(SEED))
        latents = latents * scheduler.init_noise_sigma
        for timestep in scheduler.timesteps:
            values = []
            for drop in (True, False):
                tokens = image_tokens(pipeline.image_encoder, batch.scene_image)
                injection = denoiser.inject(
                    clip.replace(scene_tokens=tokens), torch.full((len(clip),), drop)
                )
                noisy = scheduler.scale_model_input(latents, timestep)
                values.append(denoiser(noisy, timestep.expand(len(clip)), injection).value)
            latents = scheduler.step(guided(*values, guidance), timestep, latents).prev_sample
        autoencoder = autoencoder_of(pipeline.vae)
        plain = latents[0] / autoencoder.scale + autoencoder.shift
        return autoencoder.decode(plain.to(autoencoder.dtype)).float().clamp(-1, 1) / 2 + 0.5


def our_frames(pipeline: DynaScenePipeline, batch: Batch, steps: int, guidance: float) -> Tensor:
    """The frames as the package samples them."""
    return pipeline(batch, steps, guidance, torch.Generator().manual_seed(SEED)).frames[0].float()


def half_hidden_clip(frames: int) -> Clip:
    """The pan, with and without the right part of the picture."""
    picture = read_image(demo_scene())
    border = round(SHOWN * picture.shape[1])
    mirrored, shown = picture.copy(), np.full_like(picture, 255)
    beyond = picture.shape[1] - border
    mirrored[:, border:] = picture[:, border - beyond : border][:, ::-1]
    shown[:, border:] = 0
    with TemporaryDirectory() as name:
        true, _ = pan_over(picture, Path(name), frames)
        clip, scene = pan_over(mirrored, Path(name), frames)
        mask, _ = pan_over(shown, Path(name), frames)
    still = Shot(None, None, clip.track, DEFAULT_FRAME_RATE)
    batch = model_batch(still, scene, clip, SIZE)
    visible = backgrounds(mask)[:, :1]
    hides = batch.replace(guide_visibility=visible[None])
    return Clip(hides, backgrounds(true), (visible < 0.5).float())


def pan_over(picture: np.ndarray, folder: Path, frames: int) -> tuple[GeneratedClip, LiftedScene]:
    """The projection of a place along the move."""
    write_png(folder / "place.png", picture)
    asked = PlaceInput(scene=folder / "place.png", horizon=SCENE_HORIZON, scene_fov=60.0)
    place = lift_place(asked, open_place(asked), None, folder, Log())
    track = make_move(MOVE, frames, intrinsics_from_fov(FOV, SIZE), SIZE)
    shot = Shot(None, None, track, DEFAULT_FRAME_RATE)
    options = GenerationOptions(generator="projection", size=SIZE, framing=Framing(0.0, 0.0))
    return generate(shot, place.scene, options), place.scene


def backgrounds(clip: GeneratedClip) -> Tensor:
    """[F, 3, H, W] in 0 … 1."""
    return torch.stack([tensor_from_bytes(frame.background) for frame in clip.frames()])


def psnr(made: Tensor, truth: Tensor, where: Tensor) -> float:
    """Decibels over the pixels [F, 1, H, W] that count."""
    error = ((made - truth).square() * where).sum() / (3 * where.sum())
    return float(-10 * error.log10())


if __name__ == "__main__":
    main()
