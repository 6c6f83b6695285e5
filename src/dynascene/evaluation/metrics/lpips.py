"""LPIPS 0.1 (Zhang et al., 2018): how far two pictures are for a network that knows pictures.

F frames, C channels, H W pixels.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.evaluation.metrics.devices import network_device
from dynascene.evaluation.metrics.lpips_backbones import (
    TappedFeatures,
    alexnet,
    squeezenet,
    vgg16,
)

BACKBONES: Mapping[str, Callable[[], TappedFeatures]] = {
    "alex": alexnet,
    "vgg": vgg16,
    "squeeze": squeezenet,
}
# the mean and the deviation that colours of −1 … 1 are taken to have
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
FLOOR = 1e-10
LEAST_SIDE = 32  # pixels: AlexNet leaves nothing of less
FRAMES_AT_ONCE = 8


class Lpips:
    """LPIPS through one backbone.

    Args:
        backbone: with its published weights, in evaluation mode.
        heads: the published linear layers, one [C] per tap of the backbone.

    Raises:
        ValueError: the heads do not fit the backbone.
    """

    def __init__(self, backbone: TappedFeatures, heads: Sequence[Tensor]) -> None:
        if tuple(len(head) for head in heads) != backbone.widths:
            raise ValueError(f"heads of {[len(h) for h in heads]} for {backbone.widths} channels")
        device = network_device()
        self.backbone = backbone.to(device)
        self.heads = [head.to(device) for head in heads]

    @torch.no_grad()
    def distances(self, frames: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """The distance of each frame from the true one.

        Args:
            frames, truth: uint8 [F, H, W, 3].

        Returns:
            [F], 0 for equal frames:
            d = Σ_l mean over h, w of Σ_c w_lc (x̂_lc − ŷ_lc)², x̂ the features of unit length.

        Raises:
            InputError: frames are smaller than 32 pixels.
        """
        if min(frames.shape[1:3]) < LEAST_SIDE:
            raise InputError(f"LPIPS: frames have a side below {LEAST_SIDE} pixels")
        values = []
        for start in range(0, len(frames), FRAMES_AT_ONCE):
            part = slice(start, start + FRAMES_AT_ONCE)
            values.append(self._of_pictures(*(_pictures(x[part]) for x in (frames, truth))))
        return torch.cat(values).cpu().numpy()

    def _of_pictures(self, x: Tensor, y: Tensor) -> Tensor:
        x, y = (self.backbone(pictures.to(network_device())) for pictures in (x, y))
        layers = zip(x, y, self.heads, strict=True)
        each = [
            ((_unit(a) - _unit(b)) ** 2 * head[:, None, None]).sum(1).mean((1, 2))
            for a, b, head in layers
        ]
        return torch.stack(each).sum(0)


def head_weights(state: Mapping[str, Tensor], taps: int, source: str) -> list[Tensor]:
    """The linear layers of a published file of heads, [C] each.

    Args:
        state: of ``alex.pth``, ``vgg.pth`` or ``squeeze.pth`` of the authors.
        taps: of the backbone.
        source: the file, for messages.

    Raises:
        InputError: the keys are others.
    """
    keys = [f"lin{number}.model.1.weight" for number in range(taps)]
    if set(state) != set(keys):
        raise InputError(f"{source}: is no file of LPIPS heads for this backbone ({keys[0]}, …)")
    return [state[key].flatten() for key in keys]


def _pictures(frames: np.ndarray) -> Tensor:
    """uint8 [F, H, W, 3] → the backbone's colours, [F, 3, H, W]."""
    colours = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2) / 127.5 - 1
    shift, scale = (torch.tensor(value)[:, None, None] for value in (SHIFT, SCALE))
    return (colours - shift) / scale


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).sqrt() + FLOOR)
