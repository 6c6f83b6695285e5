"""Camera features merged into temporal self-attention, or into its block.

Legend: B clips, F frames, C channels, h w latent grid.
"""

from typing import Any

import torch
from torch import Tensor, nn

from dynascene.models.attention import Reader
from dynascene.models.call import Call, current_call


class CameraReader(Reader):
    """DynaScene's Camera Adaptor: z ← z + adaptor([z ; camera]), once per pixel and frame."""

    def __init__(self, level: int, adaptor: nn.Module) -> None:
        self.level = level
        self.adaptor = adaptor

    def merge_input(self, states: Tensor, call: Call) -> Tensor:
        return with_camera(states, call, self.level, self.adaptor)


class AddedCameraReader(Reader):
    """CameraCtrl's: z ← z + merge(z + camera); the camera's features are as wide as z."""

    def __init__(self, level: int, merge: nn.Module) -> None:
        self.level = level
        self.merge = merge

    def merge_input(self, states: Tensor, call: Call) -> Tensor:
        camera = camera_tokens(states, call, self.level)
        return states if camera is None else states + self.merge(states + camera)


class StreamAdaptor:
    """h ← h + adaptor([h ; camera]) for the residual stream h that enters a transformer block.

    What an attention reads is averaged over the frames that it attends to; the stream keeps each
    frame's own. It is a forward pre-hook of the block.
    """

    def __init__(self, level: int, adaptor: nn.Module) -> None:
        self.level = level
        self.adaptor = adaptor

    def attach(self, block: nn.Module) -> None:
        """Act on a temporal transformer block from now on."""
        block.register_forward_pre_hook(self._change, with_kwargs=True)

    def _change(
        self, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The block's arguments with its input changed; diffusers gives it by name."""
        states = kwargs["hidden_states"]
        states = with_camera(states, current_call(), self.level, self.adaptor)
        return args, {**kwargs, "hidden_states": states}


def with_camera(states: Tensor, call: Call, level: int, adaptor: nn.Module) -> Tensor:
    """[B·h·w, F, C] plus what the adaptor makes of it and the camera; as it is without a camera."""
    camera = camera_tokens(states, call, level)
    return states if camera is None else states + adaptor(torch.cat([states, camera], -1))


def camera_tokens(states: Tensor, call: Call, level: int) -> Tensor | None:
    """The camera's features of a level beside ``states`` [B·h·w, F, C]; None without a camera."""
    levels = call.injection.camera
    if not levels:
        return None
    # motion modules see [B·h·w, F, C]: the pixels of a clip in the batch, frames in a row
    return levels[level].permute(0, 3, 4, 1, 2).flatten(0, 2).to(states.dtype)
