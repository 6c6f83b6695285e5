"""Public video weights paint the background: Wan2.1-VACE, by diffusers' ``WanVACEPipeline``.

The network sees the person before the guide and fills what the picture does not show; the scene
picture goes along as a reference.
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip, GeneratedFrame, GenerationOptions
from dynascene.generation.detail import blurred, carried_on, keep_seen, resized
from dynascene.generation.generators.vace_sampling import VaceFrame, VaceSampling
from dynascene.generation.guide import RenderedGuide, SceneGuide, SharpFrame, unrounded
from dynascene.generation.prompt_embeddings import embed_prompts
from dynascene.generation.vace_weights import (
    NETWORKS,
    check_vace,
    load_vace,
    preset_of,
    prompts_of,
    text_width,
    weight_files,
)
from dynascene.imaging.pixels import bytes_from_tensor, unit_floats
from dynascene.io.checksums import sha256_of
from dynascene.jobs.log import Log

STEPS, GUIDANCE = 50, 5.0  # those that diffusers documents
BEHIND_SHARE = 1 / 64  # of a frame's width: how far around the person it is not what was generated


def vace(guide: SceneGuide, options: GenerationOptions) -> GeneratedClip:
    """A background that Wan2.1-VACE fills; what the picture shows stays as it is.

    Sampling begins with the first frame that is read, or with ``GeneratedClip.sample``.

    Raises:
        InputError: the weights are missing or damaged, or the guide came with a batch.
    """
    if not isinstance(guide, RenderedGuide):
        raise InputError("`generator` vace: makes clips of a place, not of a batch's own guide")
    folder = check_vace(options)
    preset = preset_of(options)
    steps = STEPS if options.steps is None else options.steps
    guidance = GUIDANCE if options.guidance is None else options.guidance
    sampling = VaceSampling(
        guide,
        lambda: load_vace(folder, preset),
        lambda log: embed_prompts(folder, prompts_of(options), text_width(folder), log),
        steps=steps,
        guidance=guidance,
        seed=options.seed,
        length=preset.frames,
        remembers=options.scene_memory,
    )

    hashes: dict[str, str] = {}

    def sample(log: Log) -> None:
        if not hashes:
            paths = [path for network in NETWORKS for path in weight_files(folder / network)]
            with log.stage("hash weights", len(paths)) as step:
                for path in paths:
                    hashes[str(path.relative_to(folder))] = sha256_of(path)
                    step()
        sampling.run(log)

    def frames() -> Iterator[GeneratedFrame]:
        sample(Log())
        for frame, sharp in zip(sampling.frames, guide.frames(), strict=True):
            yield finished(frame, sharp)

    numbers = {"steps": steps, "guidance": guidance, "windows": len(sampling.spans)}
    return replace(guide.clip, frames=frames, weights=hashes, sampling=numbers, sample=sample)


def finished(sample: VaceFrame, sharp: SharpFrame) -> GeneratedFrame:
    """A sampled frame at the size of its guide: the picture where it shows the place, what was
    generated elsewhere, and behind the person, whom the network painted too, the guide."""
    guide = sharp.colour[None]
    colour, visibility, matte = (t[None].float() / 255 for t in sample)
    frames = resized(colour, *guide.shape[-2:]).clamp(0, 1)
    background = keep_seen(behind_person(frames, guide, matte), guide, visibility)
    return sharp.frame._replace(
        background=bytes_from_tensor(background[0]),
        fine=unrounded(background[0], sharp, unit_floats(sharp.frame.visibility)),
        network=sample.colour.permute(1, 2, 0).numpy(),
    )


def behind_person(frames: Tensor, guide: Tensor, matte: Tensor) -> Tensor:
    """Frames [F, 3, H, W] with the guide where the person is, in the colours of what is around.

    Args:
        frames, guide: all in 0 … 1.
        matte: [F, 1, h, w], 1 = person, of any size.
    """
    (H, W), (h, w) = frames.shape[-2:], matte.shape[-2:]
    if not bool(matte.any()):
        return frames
    near = (8 * blurred(matte, BEHIND_SHARE * w)).clamp(0, 1)
    difference = carried_on(resized(frames - guide, h, w), 1 - near)
    filled = guide + torch.nn.functional.interpolate(difference, (H, W), mode="bilinear")
    share = torch.nn.functional.interpolate(near, (H, W), mode="bilinear")
    return (frames + share * (filled - frames)).clamp(0, 1)
