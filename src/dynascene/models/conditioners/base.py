"""The one door through which information enters the denoiser."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import torch
from diffusers.models.modeling_utils import get_parameter_dtype
from torch import Tensor, nn

from dynascene.models.injection import Injection
from dynascene.models.input_layout import InputLayout
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize

InjectionPart = Literal["per_clip", "whole_clip", "per_frame"]


class SpatialUNet(NamedTuple):
    """A 2-D U-Net, and what its input channels mean."""

    unet: nn.Module
    layout: InputLayout


class Conditioner(nn.Module):
    """Turns an encoded clip into an Injection, and owns the weights which that takes.

    A fresh conditioner is silent: the denoiser's output does not change when it is added. ``drop``
    ([B] bool) asks for the unconditional value, which is the same in training and in sampling;
    structural conditioners (foreground, guide) have none and ignore it.

    name: its name in the denoiser, which sets it; what it injects for its own readers has this key.
    reads: the fields of a clip that it cannot do without.
    uses: the names of other conditioners of the same denoiser whose modules it calls. The denoiser
        hands them to ``connect``; their weights stay theirs.
    gates: where its readers have gates: one learnt number each, which ``reader_gates`` hands over.
    channels: the groups of input channels that it adds to the denoiser, by meaning.
    probes: the names of what it leaves for losses.
    per_clip: True when its injection does not depend on the frames, so that the windows of a long
        clip share it.
    needs_whole_clip: True when a frame's injection depends on all frames before it, so that it is
        made of the whole clip and cut into windows; only ``added`` and ``probes`` can be.
    """

    name: str = ""
    reads: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    channels: InputLayout = ()
    probes: tuple[str, ...] = ()
    per_clip: bool = False
    needs_whole_clip: bool = False
    gates: nn.Parameter

    def __init__(self, size: ModelSize) -> None:
        super().__init__()

    @classmethod
    def reads_with(cls, **options: Any) -> tuple[str, ...]:
        """What it ``reads`` when it is built with these options."""
        return cls.reads

    def connect(self, others: Mapping[str, "Conditioner"]) -> None:
        """Receive the conditioners that it ``uses``, before ``attach``."""
        self.others = dict(others)  # a dict registers no modules: they are saved once, by the owner

    def attach(self, unet: nn.Module) -> None:
        """Add readers to attention layers of the denoiser's U-Net, where it has any."""

    @property
    def part(self) -> InjectionPart:
        """How the windows of a long clip come to its injection."""
        if self.needs_whole_clip:
            return "whole_clip"
        return "per_clip" if self.per_clip else "per_frame"

    @property
    def dtype(self) -> torch.dtype:
        """What its layers calculate in, which may differ from what their weights are stored in."""
        return get_parameter_dtype(self)

    def reader_gates(self) -> Mapping[str, Tensor]:
        """The ``gates`` of its injection.

        A copy: readers run after it, when an offloaded parameter has been taken away again.
        """
        return {self.name: self.gates.clone()}

    def spatial_unets(self) -> tuple[SpatialUNet, ...]:
        """Its own U-Nets that start from the same public weights as the denoiser's."""
        return ()

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        """Its last layers that start at zero so that it is silent when fresh."""
        return []

    @torch.no_grad()
    def start_from_nothing(self, gain: float) -> None:
        """Make it speak: what starts at zero becomes small and random.

        gain: of Xavier's numbers.
        """
        for layer in self.zero_layers():
            nn.init.xavier_uniform_(layer.weight, gain=gain)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        raise NotImplementedError
