"""Motion LoRAs of AnimateDiff: small changes of the motion modules' attention.

ΔW = s · α/r · up · down for a projection W of an attention layer, with r the rank, s the scale, and
α = r where the file names none, as AnimateDiff's do not.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from dynascene.errors import InputError, some_of
from dynascene.io.checkpoints import find_weights, read_tensors

FILES = ("diffusion_pytorch_model.safetensors", "pytorch_lora_weights.safetensors")
# a prefix; motion module, block and attention in diffusers' or the original words; projection; part
KEY = re.compile(
    r"(?:unet\.|module\.)?"
    r"((?:down_blocks\.\d+|mid_block|up_blocks\.\d+)\.motion_modules\.\d+)\."
    r"(?:temporal_transformer\.)?(transformer_blocks\.\d+)\."
    r"(?:attn([12])|attention_blocks\.([01]))\."
    r"(?:processor\.)?(to_q|to_k|to_v|to_out)(?:\.0)?(?:_lora|\.lora)?"
    r"\.(down\.weight|up\.weight|lora_A\.weight|lora_B\.weight|alpha)"
)
PARTS = {"lora_A.weight": "down.weight", "lora_B.weight": "up.weight"}
HIDDEN = "weights are offloaded or stored in few bits: load a motion LoRA before that"


class Change(NamedTuple):
    """ΔW of one layer [out, in], and the layer's name."""

    layer: str
    weight: Tensor


def read_motion_lora(
    source: str | Path | Mapping[str, Tensor], weight_name: str | None = None
) -> list[Change]:
    """The changes of a motion LoRA, every key accounted for.

    Args:
        source: a file, a folder or hub id that holds one, or its named tensors.
        weight_name: of the file in a folder.

    Raises:
        InputError: it is missing or broken, or a key is no motion module's attention.
    """
    if isinstance(source, Mapping):
        return changes_of(source, "motion LoRA")
    path = find_weights(source, FILES if weight_name is None else (weight_name,))
    return changes_of(read_tensors(path), str(path))


def changes_of(state: Mapping[str, Tensor], origin: str) -> list[Change]:
    """``read_motion_lora`` of named tensors. origin: where they come from, for messages."""
    layers: dict[str, dict[str, Tensor]] = {}
    for key, tensor in state.items():
        match = KEY.fullmatch(key)
        if match is None:
            raise InputError(
                f"{origin}: {key} belongs to no attention of a motion module; only motion LoRAs "
                "of AnimateDiff can be loaded"
            )
        motion, block, number, original, projection, part = match.groups()
        attention = f"attn{number or int(original) + 1}"
        layer = "to_out.0" if projection == "to_out" else projection
        name = f"{motion}.{block}.{attention}.{layer}"
        layers.setdefault(name, {})[PARTS.get(part, part)] = tensor
    return [Change(name, _product(name, parts, origin)) for name, parts in layers.items()]


def _product(name: str, parts: Mapping[str, Tensor], origin: str) -> Tensor:
    """α/r · up · down, float32."""
    missing = [part for part in ("down.weight", "up.weight") if part not in parts]
    if missing:
        raise InputError(f"{origin}: {name} has no {missing[0]}")
    down, up = parts["down.weight"].float(), parts["up.weight"].float()
    if down.ndim != 2 or up.ndim != 2 or up.shape[1] != down.shape[0]:
        raise InputError(
            f"{origin}: {name}: up {list(up.shape)} and down {list(down.shape)} do not fit"
        )
    alpha = float(parts["alpha"]) if "alpha" in parts else down.shape[0]
    return alpha / down.shape[0] * (up @ down)


class MotionLoras:
    """The motion LoRAs that a U-Net has taken up, and what its layers were before.

    scales: of each, by name.
    """

    def __init__(self) -> None:
        self.scales: dict[str, float] = {}
        self._before: dict[str, Tensor] = {}

    @torch.no_grad()
    def add(self, unet: Any, name: str, changes: list[Change], scale: float) -> None:
        """W ← W + scale · ΔW in every layer that a LoRA changes.

        Raises:
            InputError: the name is taken, a layer is not there or has another shape, or weights are
                not in memory as they are.
        """
        if name in self.scales:
            raise InputError(f"adapter_name {name}: is loaded already")
        layers = dict(unet.named_modules())
        unknown = [change.layer for change in changes if change.layer not in layers]
        if unknown:
            raise InputError(f"motion LoRA {name}: this network has no {some_of(unknown)}")
        for change in changes:
            _check(name, layers[change.layer], change)
        for change in changes:
            weight = layers[change.layer].weight
            self._before.setdefault(change.layer, weight.detach().clone().cpu())
            weight.copy_(weight.float() + scale * change.weight.to(weight.device))
        self.scales[name] = scale

    @torch.no_grad()
    def remove(self, unet: Any) -> None:
        """Set every layer to what it was before the first LoRA, to the bit."""
        layers = dict(unet.named_modules())
        for name, before in self._before.items():
            if not _in_memory(layers[name].weight):
                raise InputError(HIDDEN)
            layers[name].weight.copy_(before)
        self.scales.clear()
        self._before.clear()


def _check(name: str, layer: nn.Module, change: Change) -> None:
    weight: Any = layer.weight
    if not _in_memory(weight):
        raise InputError(HIDDEN)
    if weight.shape != change.weight.shape:
        raise InputError(
            f"motion LoRA {name}: {change.layer} is {list(weight.shape)} here, and the LoRA "
            f"changes {list(change.weight.shape)}; it is for another size of network"
        )


def _in_memory(weight: Tensor) -> bool:
    return not weight.is_meta and weight.dtype.itemsize > 1
