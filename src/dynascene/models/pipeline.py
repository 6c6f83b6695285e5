"""Sampling as a diffusers pipeline.

Legend: B clips, F frames, C latent channels, H W pixels, h w latent grid.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import ceil
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.backbone import MAX_FRAMES
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.chaining import chained
from dynascene.models.diffusion.samplers import (
    check_scheduler,
    step_options,
    window_spans,
)
from dynascene.models.diffusion.schedule import TRAINING_STEPS
from dynascene.models.guided_prediction import GuidedPrediction
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.inputs import fields_read
from dynascene.models.latents import EncodedClip, encode_clip
from dynascene.models.pipeline_output import DynaSceneOutput, check_output_type, frames_of
from dynascene.models.pipeline_surroundings import PublishedPipeline
from dynascene.models.sampling_steps import StepCallback, StepEnd, callback_tensors
from dynascene.models.systems import find_system
from dynascene.models.systems.system import System
from dynascene.types import Batch

STEPS, GUIDANCE = 50, 3.5  # the paper's DDIM steps, and the lineage's guidance
OVERLAP = 8  # frames that neighbouring windows share


class DynaScenePipeline(PublishedPipeline):
    """The sampler of every system; the denoiser determines which conditions are read.

    A callback may set ``_guidance_scale`` for the steps that follow, or ``_interrupt`` to leave
    them out.

    Attributes:
        vae, image_encoder: networks that ``autoencoder_of`` and ``image_encoder_of`` support. Both
            may be None for clips that are encoded already, ``vae`` where latents are asked for.
        denoiser: the network.
        scheduler: any of diffusers' schedulers with the training noise schedule.
        steps, guidance: recommended values for these weights, saved with them.
    """

    model_cpu_offload_seq = "image_encoder->denoiser->vae"
    _callback_tensor_inputs = ["latents"]  # noqa: RUF012 (lists, as in diffusers)
    _optional_components = ["vae", "image_encoder"]  # noqa: RUF012

    vae: nn.Module
    image_encoder: nn.Module
    denoiser: Denoiser
    scheduler: Any

    def __init__(
        self,
        vae: AutoencoderKL | AutoencoderTiny | SpaceToDepth | nn.Module | None,
        image_encoder: SmallImageEncoder | nn.Module | None,
        denoiser: Denoiser,
        scheduler: Any,
        steps: int = STEPS,
        guidance: float = GUIDANCE,
    ) -> None:
        super().__init__()
        self.register_to_config(steps=steps, guidance=guidance)
        self.register_modules(
            vae=vae, image_encoder=image_encoder, denoiser=denoiser, scheduler=scheduler
        )

    @torch.no_grad()
    def __call__(
        self,
        clip: Batch | EncodedClip,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: Tensor | None = None,
        window: int | None = None,
        overlap: int = OVERLAP,
        batched_guidance: bool = False,
        output_type: str = "pt",
        callback_on_step_end: StepCallback | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
        return_dict: bool = True,
    ) -> Any:
        """Generate the frames of ``clip``.

        A clip of one frame is a picture: the motion modules are skipped (stage I).

        Args:
            clip: encoded or not; its ``video`` is not read.
            num_inference_steps, guidance_scale: None: recommended by the weights. A scale of 1 or
                less skips the unconditional half.
            generator: random numbers; or one for each clip.
            latents: [B, F, C, h, w], initial noise; None: draw it. A single step without noise
                starts at zero, the mean of the noise, where the denoiser predicts ε: it estimates
                the mean of all possible frames, and noise would only flicker from frame to frame.
            window: number of frames that the denoiser takes at once; None: as many as it was
                trained on. Longer clips are covered by overlapping windows, averaged in every step.
            overlap: of two windows, in frames.
            batched_guidance: whether both halves of guidance go through the denoiser in one batch,
                which takes twice the memory of its activations. A CPU gains nothing by it.
            output_type: ``pt``, ``np``, ``pil`` or ``latent``, see ``DynaSceneOutput``.
            callback_on_step_end: ``f(pipeline, step, timestep, tensors) → tensors`` as in
                diffusers, or a ``PipelineCallback``; steps of a chain of clips are counted through.
            callback_on_step_end_tensor_inputs: names of the tensors that it gets.
            return_dict: False: a tuple of the frames alone.

        Returns:
            A ``DynaSceneOutput``, or the tuple.

        Raises:
            InputError: sizes, steps, names or the number of generators are impossible.
        """
        check_output_type(output_type, decodes=self.vae is not None)
        tensors = callback_tensors(
            callback_on_step_end, callback_on_step_end_tensor_inputs, self._callback_tensor_inputs
        )
        if isinstance(generator, list) and len(generator) != len(clip):
            raise InputError(
                f"generator: a list of {len(generator)} for {len(clip)} clips: one for each"
            )
        steps, guidance = self.sampling(num_inference_steps, guidance_scale)
        if not 1 <= steps <= TRAINING_STEPS:
            raise InputError(f"steps: {steps}, expected 1 to {TRAINING_STEPS}")
        check_scheduler(self.scheduler, self.denoiser.alpha_bars, self.denoiser.quantity)
        encoded = self.encode(clip) if isinstance(clip, Batch) else clip
        length = window or self.denoiser.size.frames
        if length > MAX_FRAMES:
            raise InputError(
                f"window: {length} frames, the motion modules see at most {MAX_FRAMES}"
            )
        noise = self._noise(encoded, latents, steps, generator)
        clips = self.clip_count(encoded.frames, length)
        self.scheduler.set_timesteps(steps, device=self._execution_device)
        self._num_timesteps = len(self.scheduler.timesteps) * clips
        self._guidance_scale, self._interrupt = guidance, False
        with self.progress_bar(total=self.num_timesteps) as progress:
            sample = partial(
                self._sampled,
                steps=steps,
                generator=generator,
                window=(length, min(overlap, length - 1)),
                batched_guidance=batched_guidance,
                on_step=StepEnd(self, callback_on_step_end, tensors, progress.update),
            )
            if clips > 1:
                latents = self._chained(encoded, length, steps, noise, sample)
            else:
                latents = sample(encoded, noise)
        frames = frames_of(latents, self.vae, output_type)
        self.maybe_free_model_hooks()
        return DynaSceneOutput(frames=frames) if return_dict else (frames,)

    @property
    def chain_length(self) -> int | None:
        """Frames of the clips that a long one is made of; None where it is not chained."""
        system = self.system
        chains = system is not None and system.long_clips == "chained"
        return self.denoiser.size.frames if chains else None

    def clip_count(self, frames: int, window: int | None = None) -> int:
        """How many clips are sampled one by one; 1 where none are chained."""
        if self.chain_length is None:
            return 1
        return ceil(frames / (window or self.chain_length))

    def _sampled(
        self,
        clip: EncodedClip,
        noise: Tensor,
        *,
        steps: int,
        generator: Any,
        window: tuple[int, int],
        batched_guidance: bool,
        on_step: StepEnd,
    ) -> Tensor:
        """The latents of a clip.

        noise: of unit variance where nothing precedes. window: frames, and how many of them two
        windows share.
        """
        length, overlap = window
        spans = window_spans(clip.frames, length, overlap)
        predict = GuidedPrediction(self.denoiser, clip, spans, overlap, batched=batched_guidance)
        self.scheduler.set_timesteps(steps, device=self._execution_device)
        options = step_options(self.scheduler, generator)
        latents = self._hooked(noise * self.scheduler.init_noise_sigma, clip, noise, -1)
        for step, timestep in enumerate(self.scheduler.timesteps):
            if self.interrupt:
                break
            noisy = self.scheduler.scale_model_input(latents, timestep)
            value = predict(noisy, timestep, self.guidance_scale)
            latents = self.scheduler.step(value, timestep, latents, **options).prev_sample
            latents = on_step(timestep, self._hooked(latents, clip, noise, step))
        return latents

    def _chained(
        self,
        clip: EncodedClip,
        length: int,
        steps: int,
        noise: Tensor,
        sample: Callable[[EncodedClip, Tensor], Tensor],
    ) -> Tensor:
        """A long clip's latents, as clips of ``length``, each from the last frame before it."""

        def noised(clean: Tensor, noise: Tensor) -> Tensor:
            """As noisy as sampling starts, in units of that noise, which sampling multiplies by."""
            self.scheduler.set_timesteps(steps, device=clean.device)
            first = self.scheduler.timesteps[:1].expand(len(clean))
            return self.scheduler.add_noise(clean, noise, first) / self.scheduler.init_noise_sigma

        def sampled(start: int, stop: int, noise: Tensor) -> Tensor:
            return sample(clip.window(start, stop), noise)

        return chained(sampled, noise, length, noised)

    def encode(self, clip: Batch) -> EncodedClip:
        """All conditions, on the latent grid and on the pipeline's device.

        Raises:
            InputError: the pipeline lacks a network that this takes.
        """
        for name in self._optional_components:
            if getattr(self, name) is None:
                raise InputError(f"{name}: this pipeline has none: give it encoded clips")
        return encode_clip(clip.to(self._execution_device), self.vae, self.image_encoder)

    def sampling(self, steps: int | None, guidance: float | None) -> tuple[int, float]:
        """Steps and guidance, with the recommended values for None."""
        config: Any = self.config
        return (
            config.steps if steps is None else steps,
            config.guidance if guidance is None else guidance,
        )

    @property
    def inputs(self) -> frozenset[str]:
        """The fields of a clip that the denoiser reads."""
        conditioners = self.denoiser.conditioners.values()
        return fields_read(c.reads for c in conditioners if isinstance(c, Conditioner))

    @property
    def system(self) -> System | None:
        """The system that the denoiser names; None for a composition without a system.

        Raises:
            InputError: no system of this name is registered.
        """
        name = self.denoiser.config["system"]
        return find_system(name) if name else None

    def _hooked(self, latents: Tensor, clip: EncodedClip, noise: Tensor, step: int) -> Tensor:
        """The latents after a step and the system's hooks (Eq. 4, where a system has it).

        step: the last one, -1 before the first.
        """
        rest = self.scheduler.timesteps[step + 1 :]

        def noised(clean: Tensor) -> Tensor:
            if not len(rest):
                return clean
            return self.scheduler.add_noise(clean, noise, rest[:1].expand(len(clean)))

        for hook in () if self.system is None else self.system.sampler_hooks:
            latents = hook(latents, clip, noised)
        return latents

    def _noise(
        self, clip: EncodedClip, latents: Tensor | None, steps: int, generator: Any
    ) -> Tensor:
        B, F, _, h, w = clip.foreground.shape
        shape = (B, F, self.denoiser.size.latent_channels, h, w)
        if latents is None and steps == 1 and self.denoiser.quantity == "epsilon":
            latents = torch.zeros(shape)
        elif latents is None:
            latents = randn_tensor(shape, generator, self._execution_device, torch.float32)
        elif latents.shape != shape:
            raise InputError(f"latents: shape {list(latents.shape)}, expected {list(shape)}")
        return latents.to(self._execution_device).float()
