"""The denoiser: a U-Net, its conditioners, and what its output means.

Legend: B clips, F frames, C latent channels, h w latent grid.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any, NamedTuple

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.io.checkpoints import check_loading_info
from dynascene.models.backbone import attention_sites, build_unet
from dynascene.models.call import Call, calling, checkpoint_in_call
from dynascene.models.conditioners import Conditioner, build_conditioner
from dynascene.models.diffusion.schedule import (
    Parametrisation,
    alpha_bar_at,
    alpha_bars,
    noise_from_clean,
)
from dynascene.models.injection import Injection, merge_injections
from dynascene.models.input_layout import (
    NOISY_LATENT,
    InputLayout,
    check_layout,
    describe_layout,
    layout_width,
    with_latent_channels,
)
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize
from dynascene.types import Size

NOISE_FLOOR = 1e-6  # of 1 − ᾱ


class Prediction(NamedTuple):
    """noise: ε [B, F, C, h, w] float32. probes: those that were asked for, by name."""

    noise: Tensor
    probes: dict[str, Tensor]


class Denoiser(ModelMixin, ConfigMixin):
    """A system's network. It is saved and loaded as one, and describes itself in its config.

    size: a ModelSize as a dict.
    conditions: conditioner → its options. Fresh weights are drawn in this order.
    norm_per_frame: see ``backbone.build_unet``.
    prediction: what the U-Net's output is.
        ``epsilon``: the noise itself (the paper).
        ``guide_residual``: x₀ = filled guide + output, turned into ε by Eq. 1. The last
        convolution starts at zero, so the untrained network returns the guide. It needs a
        conditioner that gives an anchor.
    Losses and samplers see ε in both cases.
    """

    _supports_gradient_checkpointing = True

    @register_to_config
    def __init__(
        self,
        size: dict[str, Any],
        conditions: dict[str, dict[str, Any]],
        prediction: Parametrisation = "epsilon",
        norm_per_frame: bool = True,
        system: str = "",
    ) -> None:
        super().__init__()
        self.size = size_from_dict(size)
        self.prediction: Parametrisation = prediction
        self.conditioners = nn.ModuleDict(
            {name: build_conditioner(name, self.size, o) for name, o in conditions.items()}
        )
        check_layout(self.input_layout)
        channels = layout_width(self.input_layout)
        self.unet = build_unet(self.size, channels, norm_per_frame=norm_per_frame)
        for conditioner in self._conditioners():
            conditioner.attach(self.unet)
        self._check_probe_names()
        if prediction == "guide_residual":
            for parameter in self.unet.conv_out.parameters():
                nn.init.zeros_(parameter)
        self.alpha_bars = alpha_bars()  # no buffer: it must stay float32 in half precision

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, **kwargs: Any) -> Any:
        """As in diffusers, but a missing or unknown key raises InputError."""
        wants_info = kwargs.pop("output_loading_info", False)
        loaded: Any = super().from_pretrained(
            pretrained_model_name_or_path, output_loading_info=True, **kwargs
        )
        model, info = loaded
        check_loading_info(info, str(pretrained_model_name_or_path))
        return (model, info) if wants_info else model

    def _conditioners(self) -> list[Conditioner]:
        return [c for c in self.conditioners.values() if isinstance(c, Conditioner)]

    @property
    def input_layout(self) -> InputLayout:
        """What the U-Net's input channels mean: the noisy latent, then those of the conditioners.

        Conditioners come in the order of their names, since a saved config, which sorts them, must
        describe the same columns.
        """
        conditioners = sorted(self._conditioners(), key=lambda conditioner: conditioner.name)
        layout = (NOISY_LATENT, *(group for c in conditioners for group in c.channels))
        return with_latent_channels(layout, self.size.latent_channels)

    @apply_forward_hook
    def inject(self, clip: EncodedClip, drop: Tensor, *, per_clip: bool | None = None) -> Injection:
        """What the conditioners say about a clip; ``drop`` [B] bool asks for the null condition.

        per_clip: only the conditioners that do not (True) or do (False) depend on the frames;
        None = all. Merging the two gives the same as all at once.
        """
        conditioners = [c for c in self._conditioners() if per_clip in (None, c.per_clip)]
        for conditioner in conditioners:
            clip.require(conditioner.reads, f"conditioner {conditioner.name}")
        return merge_injections([conditioner(clip, drop) for conditioner in conditioners])

    @property
    def probe_names(self) -> tuple[str, ...]:
        """The probes that may be asked for."""
        sites = attention_sites(self.unet).values()
        return tuple(probe for site in sites for reader in site.readers for probe in reader.probes)

    def _check_probe_names(self) -> None:
        repeated = [probe for probe, count in Counter(self.probe_names).items() if count > 1]
        if repeated:
            raise ValueError(f"several readers give the probe {repeated[0]!r}: names must differ")

    def forward(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        condition: EncodedClip | Injection,
        *,
        drop: Tensor | None = None,
        motion: bool = True,
        probes: Collection[str] = (),
    ) -> Prediction:
        """ε of ``noisy`` [B, F, C, h, w] at steps [B].

        condition: an encoded clip (training; ``drop`` [B] drops its conditions) or the injection
        that was made of it (sampling: made once, used in every step).
        motion: False leaves the motion modules out (stage I, single images).
        probes: names of what attention readers are to leave for losses; asking changes no other
        number. Raises InputError when a reader that is asked cannot give it, or there is none.
        """
        if unknown := sorted(set(probes) - set(self.probe_names)):
            names = ", ".join(sorted(self.probe_names)) or "none"
            raise InputError(f"probe {unknown[0]}: this model has {names}")
        if isinstance(condition, EncodedClip):
            if drop is None:
                drop = torch.zeros(len(condition), dtype=torch.bool, device=noisy.device)
            condition = self.inject(condition, drop)
        B, F = noisy.shape[:2]
        with calling(Call(condition, motion, B, F, frozenset(probes))) as call:
            output = self._unet_output(noisy, timesteps, condition)
        if silent := sorted(call.probes - call.probe_values.keys()):
            raise InputError(f"probe {silent[0]}: its reader does not run in this call")
        if self.prediction == "epsilon":
            return Prediction(output, call.probe_values)
        if condition.anchor is None:
            raise ValueError("guide_residual: no conditioner gives an anchor")
        with torch.autocast(noisy.device.type, enabled=False):
            clean = condition.anchor.float() + output
            alpha_bar = alpha_bar_at(self.alpha_bars, timesteps).clamp(max=1 - NOISE_FLOOR)
            return Prediction(noise_from_clean(noisy.float(), clean, alpha_bar), call.probe_values)

    def _unet_output(self, noisy: Tensor, timesteps: Tensor, injection: Injection) -> Tensor:
        B, F = noisy.shape[:2]
        sample = self._sample(noisy, injection.channels)
        tokens = injection.tokens
        if tokens is None:
            tokens = noisy.new_zeros(B, 1, 1, self.size.token_width)
        output = self.unet(
            sample.transpose(1, 2).to(self.dtype),  # diffusers: [B, C, F, h, w]
            timesteps,
            tokens.expand(-1, F, -1, -1).flatten(0, 1).to(self.dtype),
        ).sample
        return output.transpose(1, 2).float()

    def _sample(self, noisy: Tensor, channels: Mapping[str, Tensor]) -> Tensor:
        """The noisy latent and the conditioners' channels, as the layout says."""
        layout = self.input_layout[1:]
        widths = [(meaning, tensor.shape[2]) for meaning, tensor in channels.items()]
        if sorted(widths) != sorted(layout):
            declared = describe_layout(layout) or "none"
            raise ValueError(f"input channels {widths}: the conditioners declare {declared}")
        groups = [channels[group.meaning].to(noisy.dtype) for group in layout]
        frames = noisy.shape[1]
        return torch.cat([noisy, *(g.expand(-1, frames, -1, -1, -1) for g in groups)], dim=2)

    def enable_gradient_checkpointing(self, gradient_checkpointing_func: Callable | None = None):
        """Trade time for memory; the recomputation sees the call it belongs to."""
        super().enable_gradient_checkpointing(gradient_checkpointing_func or checkpoint_in_call)

    def open_gates(self) -> None:
        """Set all gates to 1: the paper's formulas, for networks that start from real weights."""
        for conditioner in self._conditioners():
            for name, parameter in conditioner.named_parameters(recurse=False):
                if name == "gates":
                    nn.init.ones_(parameter)


def size_from_dict(values: dict[str, Any]) -> ModelSize:
    """The inverse of ``dataclasses.asdict``, from what JSON makes of it."""
    numbers: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    numbers["resolution"] = Size(*values["resolution"])
    return ModelSize(**numbers)


def size_to_dict(size: ModelSize) -> dict[str, Any]:
    """A ModelSize as plain JSON values, without those that older saved sizes lack and mean."""
    values = {**asdict(size), "resolution": list(size.resolution)}
    defaults = {f.name: f.default for f in fields(size) if f.default is not MISSING}
    return {k: v for k, v in values.items() if k not in defaults or v != defaults[k]}
