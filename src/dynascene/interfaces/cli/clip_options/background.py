"""What is said of how the background is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import (
    OptionalDevice,
    OptionalGenerator,
    OptionalNumber,
    OptionalPreset,
    OptionalSize,
    Switch,
    optional,
    parse_framing,
    parse_size,
)

if TYPE_CHECKING:  # imported where it is made: --help must not wait for torch
    from dynascene.generation.clip import GenerationOptions


@dataclass(frozen=True, kw_only=True)
class BackgroundOptions:
    """How the background is framed and made.

    Args:
        framing: where the first frame looks into the picture: auto, centre, or YAW,PITCH degrees.
        size: rendering size of the background, such as 1280x720 (default: the person's).
        generator: what makes the background: diffusion, a trained model (the default), projection,
            which needs no weights and is quick, or vace, the public video weights Wan2.1-VACE.
        weights: weights of the model: small (bundled), a folder, or a hub id.
        steps: sampling steps (default: as the weights say).
        guidance: strength of classifier-free guidance (default: as the weights say).
        prompt: what the place shows where the picture ends, in words, for vace.
        negative_prompt: what it must not show, for vace.
        preset: the gigabytes of the GPU that vace is to fit (docs: vace).
        four_bits: hold the weights of vace in 4 bits, half of the presets' 8 (an NVIDIA GPU).
        seed: seed of the sampling.
        device: where networks calculate: cpu, cuda or mps (default: a CUDA GPU where there is one,
            else the CPU).
        no_scene_memory: sample every frame anew. Otherwise what the camera reveals is painted once,
            in a few views along the track, and stays when the camera comes back (models with a
            guide).
    """

    framing: Annotated[str, arg(metavar="auto|centre|YAW,PITCH")] = "auto"
    size: OptionalSize = None
    generator: OptionalGenerator = None
    weights: Annotated[str | None, optional("small|PATH|HUB_ID")] = None
    steps: Annotated[int | None, optional("N")] = None
    guidance: OptionalNumber = None
    prompt: Annotated[str | None, optional("TEXT")] = None
    negative_prompt: Annotated[str | None, optional("TEXT")] = None
    preset: OptionalPreset = None
    four_bits: Switch = False
    seed: Annotated[int, arg(metavar="N")] = 0
    device: OptionalDevice = None
    no_scene_memory: Switch = False

    def request(self) -> GenerationOptions:
        """How it is made. Raises InputError for a value that makes no sense."""
        from dynascene.generation.clip import DEFAULT_GENERATOR, GenerationOptions

        return GenerationOptions(
            generator=self.generator or DEFAULT_GENERATOR,
            size=parse_size(self.size) if self.size else None,
            framing=parse_framing(self.framing),
            seed=self.seed,
            steps=self.steps,
            guidance=self.guidance,
            weights=self.weights,
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            preset=self.preset,
            four_bits=self.four_bits,
            scene_memory=not self.no_scene_memory,
        )
