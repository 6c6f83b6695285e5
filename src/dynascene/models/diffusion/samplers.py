"""Parts of sampling: the scheduler, guidance, the windows of long clips, and the hook of Eq. 4.

The loop that puts them together is ``models.pipeline``.

Legend: B clips, F frames, C latent channels, h w latent grid.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from torch import Tensor

from dynascene.errors import InputError
from dynascene.models.diffusion.schedule import SCHEDULER_CONFIG, NoiseSchedule, Quantity
from dynascene.models.latents import EncodedClip

ALPHA_BAR_TOLERANCE = 1e-4


# diffusers' names of what a scheduler's step takes
PREDICTION_TYPES: dict[Quantity, str] = {
    "epsilon": "epsilon",
    "clean": "sample",
    "velocity": "v_prediction",
}


def ddim_scheduler(
    quantity: Quantity = "epsilon", noise_schedule: NoiseSchedule = "linear"
) -> DDIMScheduler:
    """DDIM on a noise schedule of training; another one is made by ``X.from_config(ddim.config)``.

    Its steps start at the noisiest of all ("trailing"), where sampling starts from pure noise.

    Args:
        quantity: what its steps take, as ``Denoiser.quantity``.
        noise_schedule: as ``Denoiser.schedule``.
    """
    return DDIMScheduler(
        **SCHEDULER_CONFIG,
        timestep_spacing="trailing",
        prediction_type=PREDICTION_TYPES[quantity],
        rescale_betas_zero_snr=noise_schedule == "zero_snr",
    )


def check_scheduler(scheduler: Any, alpha_bars: Tensor, quantity: Quantity = "epsilon") -> None:
    """Raises InputError unless a scheduler has training's noise schedule and takes ``quantity``."""
    table = getattr(scheduler, "alphas_cumprod", None)
    name = type(scheduler).__name__
    if table is None or table.shape != alpha_bars.shape:
        raise InputError(f"{name}: has no noise schedule of {len(alpha_bars)} steps")
    if (table.cpu().float() - alpha_bars.cpu()).abs().max() > ALPHA_BAR_TOLERANCE:
        raise InputError(
            f"{name}: its noise schedule is not the one the model was trained with; "
            "build it with from_config(pipeline.scheduler.config)"
        )
    if scheduler.config.prediction_type != PREDICTION_TYPES[quantity]:
        raise InputError(f"{name}: prediction_type must be {PREDICTION_TYPES[quantity]}")


def step_options(scheduler: Any, generator: Any) -> dict[str, Any]:
    """The optional arguments of ``scheduler.step`` that it knows."""
    parameters = inspect.signature(scheduler.step).parameters
    return {"generator": generator} if "generator" in parameters else {}


def guided(unconditional: Tensor, conditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance: p_u + s (p_c − p_u), p = ε, z_0 or v; 1 is p_c alone."""
    return unconditional + scale * (conditional - unconditional)


def window_spans(frames: int, length: int, overlap: int) -> list[tuple[int, int]]:
    """[start, stop) of windows of ``length`` frames that cover a clip in order.

    Neighbours overlap by ``overlap`` frames, the last pair by more where it does not come out even.
    No window runs over the end to the beginning: the first and last frames have nothing in common.
    """
    if not 0 <= overlap < length:
        raise InputError(f"windows: overlap {overlap} must be at least 0 and below {length}")
    if frames <= length:
        return [(0, frames)]
    stride = length - overlap
    starts = [*range(0, frames - length, stride), frames - length]
    return [(start, start + length) for start in starts]


def window_weights(spans: Sequence[tuple[int, int]], overlap: int) -> list[Tensor]:
    """Weight of each frame in each window, one [length] per window; they sum to 1 per frame.

    Weights rise and fall linearly over the overlap, so that no seam shows where a window begins.
    """
    ramps = []
    for start, stop in spans:
        position = torch.arange(stop - start, dtype=torch.float32)
        to_border = torch.minimum(position, position.flip(0)) + 1
        ramps.append(to_border.clamp(max=overlap + 1))
    total = torch.zeros(spans[-1][1])
    for (start, stop), ramp in zip(spans, ramps, strict=True):
        total[start:stop] += ramp
    return [ramp / total[a:b] for (a, b), ramp in zip(spans, ramps, strict=True)]


def average_windows(
    predict: Callable[[int, Tensor], Tensor],
    noisy: Tensor,
    spans: Sequence[tuple[int, int]],
    weights: Sequence[Tensor],
) -> Tensor:
    """The weighted mean of the predictions of all windows of one step, [B, F, C, h, w].

    predict(index, noisy of that window) → the prediction for that window.
    """
    result = torch.zeros_like(noisy)
    for index, ((start, stop), weight) in enumerate(zip(spans, weights, strict=True)):
        part = predict(index, noisy[:, start:stop])
        result[:, start:stop] += weight.to(part).view(-1, 1, 1, 1) * part
    return result


class SamplerHook(Protocol):
    """What a system does to the latents before the first step of sampling and after each."""

    def __call__(
        self, latents: Tensor, clip: EncodedClip, noised: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Changed latents.

        Args:
            latents: [B, F, C, h, w], as the next step takes them, or in the end.
            clip: what conditions.
            noised: clean latents → the same with the clip's noise, as much as the next step takes;
                in the end without.
        """
        ...


def reinject_foreground(
    latents: Tensor, clip: EncodedClip, noised: Callable[[Tensor], Tensor]
) -> Tensor:
    """The person's own latents at every step: for systems without foreground channels.

    Eq. 4: h^t = h_ori^t · M + h_fore^t · (1 − M). M = ``generate_mask``, the share
    of a cell that is to be made: 1 on the background, 0 on the person, between them on the outline.
    """
    return latents * clip.generate_mask + noised(clip.foreground) * (1 - clip.generate_mask)
