"""The denoiser: a U-Net, its conditioners, and what its output means.

Legend: B clips, F frames, C latent channels, h w latent grid.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, cast

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.backbone import attention_sites, build_unet, motion_modules
from dynascene.models.call import Call, calling, checkpoint_in_call
from dynascene.models.compiled_blocks import CompiledByBlocks
from dynascene.models.conditioners import Conditioner, build_conditioner
from dynascene.models.conditioners.base import InjectionPart
from dynascene.models.diffusion.schedule import (
    NoiseSchedule,
    Parametrisation,
    Quantity,
    alpha_bar_at,
    alpha_bars,
    check_parametrisation,
    noise_from_clean,
    noise_from_velocity,
    quantity_of,
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
from dynascene.models.motion_lora import MotionLoras
from dynascene.models.sizes import size_from_dict
from dynascene.models.strict_loading import StrictModel

# parts that others than their owner call
CALLED_ALONE = ("encoder", "null", "down", "up", "places")
SCRATCH_GAIN = 0.5  # of Xavier's, for layers that otherwise start at zero


class Prediction(NamedTuple):
    """noise: ε [B, F, C, h, w] float32. probes: those that were asked for, by name.

    value: ε, z_0 or v, as ``Denoiser.quantity`` says, of the same shape: what losses judge and
        samplers step with. At the last step of a schedule of zero SNR ``noise`` does not depend on
        the network's output.
    """

    noise: Tensor
    probes: dict[str, Tensor]
    value: Tensor


class Denoiser(StrictModel, CompiledByBlocks, ModelMixin, ConfigMixin):  # ModelMixin: for diffusers
    """A system's network. It is saved and loaded as one, and describes itself in its config.

    Args:
        size: a ModelSize as a dict.
        conditions: name of a conditioner → its options: what ``conditioners`` are built from, under
            the key of saved configs. Fresh weights are drawn in this order.
        prediction: the parametrisation, what the U-Net's output is.
            ``epsilon``: the noise itself (the paper). ``clean``: z_0. ``velocity``:
            √ᾱ ε − √(1−ᾱ) z_0. ``guide_residual``: z_0 = filled guide + output, turned into ε by
            Eq. 1. The last convolution starts at zero, so the untrained network returns the guide.
            It needs a conditioner that gives an anchor.
        norm_per_frame: always True; kept because saved configs have it.
        system: the name of the system that it is a network of, for whoever loads it; empty = none.
        schedule: the noise schedule, ``linear`` or ``zero_snr``, whose last step is nothing but
            noise. There ε says nothing of the frames: ``epsilon`` is refused, and
            ``guide_residual`` is trained and sampled in terms of z_0.
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
        schedule: NoiseSchedule = "linear",
    ) -> None:
        super().__init__()
        check_parametrisation(prediction, schedule)
        if not norm_per_frame:
            raise InputError(
                "norm_per_frame False: motion modules normalise each frame alone; take weights "
                "that were trained so"
            )
        self.size = size_from_dict(size)
        self.prediction: Parametrisation = prediction
        self.schedule: NoiseSchedule = schedule
        self.conditioners = nn.ModuleDict(
            {name: build_conditioner(name, self.size, o) for name, o in conditions.items()}
        )
        check_layout(self.input_layout)
        channels = layout_width(self.input_layout)
        self.unet = build_unet(self.size, channels)
        self._connect()
        self._attach()
        self._check_probe_names()
        if prediction == "guide_residual":
            for parameter in self.unet.conv_out.parameters():
                nn.init.zeros_(parameter)
        self.motion_loras = MotionLoras()
        self.alpha_bars = alpha_bars(schedule)  # no buffer: it must stay float32 in half precision

    @property
    def _group_offload_block_modules(self) -> list[str]:
        """For diffusers: the modules that run without the one that holds them."""
        return ["conditioners", *self.conditioners, "unet", *CALLED_ALONE]

    def _conditioners(self) -> list[Conditioner]:
        return cast(list[Conditioner], list(self.conditioners.values()))

    def _connect(self) -> None:
        """Hand conditioners the others that they use."""
        for conditioner in self._conditioners():
            others = {other.name: other for other in self._conditioners()}
            for name in conditioner.uses:
                if name not in others:
                    raise InputError(
                        f"conditioner {conditioner.name} uses {name}, and this denoiser has none: "
                        "add it to its conditions"
                    )
            conditioner.connect({name: others[name] for name in conditioner.uses})

    def _attach(self) -> None:
        """Let conditioners add their readers, which then stand in the order of their names.

        Fresh weights are drawn in the order of ``conditions``; a saved config sorts these, and a
        loaded network must read in the same order as the one that was saved.
        """
        sites = attention_sites(self.unet).values()
        owners: dict[int, str] = {}
        for conditioner in self._conditioners():
            conditioner.attach(self.unet)
            for reader in (reader for site in sites for reader in site.readers):
                owners.setdefault(id(reader), conditioner.name)
        for site in sites:
            site.readers.sort(key=lambda reader: owners[id(reader)])

    @property
    def quantity(self) -> Quantity:
        """What losses and samplers see: ``Prediction.value``."""
        return quantity_of(self.prediction, self.schedule)

    @property
    def input_layout(self) -> InputLayout:
        """What the U-Net's input channels mean: the noisy latent, then those of the conditioners.

        Conditioners come in the order of their names, since a saved config, which sorts them, must
        describe the same columns.
        """
        conditioners = sorted(self._conditioners(), key=lambda conditioner: conditioner.name)
        layout = (NOISY_LATENT, *(group for c in conditioners for group in c.channels))
        return with_latent_channels(layout, self.size.latent_channels)

    @apply_forward_hook  # offloading brings weights to the device before this, as before forward
    def inject(
        self,
        clip: EncodedClip,
        drop: Tensor,
        *,
        part: InjectionPart | None = None,
    ) -> Injection:
        """What the conditioners say about a clip.

        Args:
            clip: what they read.
            drop: [B] bool, which clips get the null conditions.
            part: of all conditioners (None); of those alone whose injection does not depend on
                the frames (``Conditioner.per_clip``); of those that need the whole clip
                (``Conditioner.needs_whole_clip``); or of the others. Merging the three gives the
                whole.

        Raises:
            InputError: the clip lacks a field that a conditioner reads.
        """
        conditioners = [
            conditioner for conditioner in self._conditioners() if part in (None, conditioner.part)
        ]
        for conditioner in conditioners:
            clip.require(conditioner.reads, f"conditioner {conditioner.name}")
        return merge_injections([conditioner(clip, drop) for conditioner in conditioners])

    @property
    def probe_names(self) -> tuple[str, ...]:
        """The probes that may be asked for."""
        sites = attention_sites(self.unet).values()
        readers = (reader for site in sites for reader in site.readers)
        owners = (*readers, *self._conditioners())
        return tuple(probe for owner in owners for probe in owner.probes)

    def _check_probe_names(self) -> None:
        repeated = [probe for probe, count in Counter(self.probe_names).items() if count > 1]
        if repeated:
            raise ValueError(f"several readers give the probe {repeated[0]!r}: names must differ")

    def forward(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        source: EncodedClip | Injection,
        *,
        drop: Tensor | None = None,
        motion: bool = True,
        probes: Collection[str] = (),
    ) -> Prediction:
        """What the network says of noisy latents.

        Args:
            noisy: [B, F, C, h, w].
            timesteps: [B].
            source: of the conditions: an encoded clip (training) or the injection that was made of
                it (sampling: made once, used in every step).
            drop: [B] bool, which clips' conditions are dropped; None = none. For a clip alone: an
                injection is dropped when it is made.
            motion: False leaves the motion modules out (stage I, clips of one frame).
            probes: names of what readers and conditioners are to leave for losses; asking changes
                no other number.

        Raises:
            InputError: a reader that is asked cannot give its probe, or there is none.
            ValueError: ``drop`` beside an injection.
        """
        if unknown := sorted(set(probes) - set(self.probe_names)):
            names = ", ".join(sorted(self.probe_names)) or "none"
            raise InputError(f"probe {unknown[0]}: this model has {names}")
        if isinstance(source, EncodedClip):
            if drop is None:
                drop = torch.zeros(len(source), dtype=torch.bool, device=noisy.device)
            injection = self.inject(source, drop)
        elif drop is not None:
            raise ValueError("drop: an injection is made already; drop conditions in inject()")
        else:
            injection = source
        call = Call(injection, motion, noisy.shape[1], frozenset(probes))
        for name in call.probes & injection.probes.keys():
            call.record(name, injection.probes[name])
        with calling(call):
            output = self._unet_output(noisy, timesteps, injection)
        if silent := sorted(call.probes - call.probe_values.keys()):
            raise InputError(f"probe {silent[0]}: its reader does not run in this call")
        with torch.autocast(noisy.device.type, enabled=False):
            value, noise = self._value_and_noise(output, noisy, timesteps, injection.anchor)
        return Prediction(noise, call.probe_values, value)

    def _value_and_noise(
        self, output: Tensor, noisy: Tensor, timesteps: Tensor, anchor: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """``Prediction.value`` and ``noise`` of the U-Net's output."""
        if self.prediction == "epsilon":
            return output, output
        alpha_bar = alpha_bar_at(self.alpha_bars, timesteps)
        if self.prediction == "velocity":
            return output, noise_from_velocity(noisy.float(), output, alpha_bar)
        clean = output
        if self.prediction == "guide_residual":
            if anchor is None:
                raise ValueError("guide_residual: no conditioner gives an anchor")
            clean = anchor.float() + output
        noise = noise_from_clean(noisy.float(), clean, alpha_bar)
        return (noise if self.quantity == "epsilon" else clean), noise

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

    def open_gates(self, *, learn: bool = True) -> None:
        """Set all gates to 1: the paper's formulas, for networks that start from real weights.

        Args:
            learn: False leaves them there, for the formulas have none, and reference attention is
                then computed in one.
        """
        for conditioner in self._conditioners():
            for name, parameter in conditioner.named_parameters(recurse=False):
                if name == "gates":
                    nn.init.ones_(parameter).requires_grad_(learn)

    def start_from_nothing(self) -> None:
        """Let every part speak from the first step: for training from fresh weights.

        Silent starts stacked on each other (gates at 0, last layers at 0) get no gradient from each
        other. Gates become 1, last layers that start at zero become small and random. The last
        convolution of ``guide_residual`` stays: its network starts at the guide.
        """
        self.open_gates()
        for _, motion in motion_modules(self.unet):
            nn.init.xavier_uniform_(motion.proj_out.weight, gain=SCRATCH_GAIN)
        for conditioner in self._conditioners():
            conditioner.start_from_nothing(SCRATCH_GAIN)
