"""LPIPS 0.1 (Zhang et al., 2018): how far two pictures are for a network that knows pictures.

F frames, C channels, H W pixels.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from dynascene.devices import default_device
from dynascene.errors import InputError
from dynascene.evaluation.metrics.lpips_backbones import (
    TappedFeatures,
    alexnet,
    squeezenet,
    vgg16,
)
from dynascene.evaluation.metrics.recent import RecentAnswers

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
MOST_STORED = 150_000_000  # features of a true clip that are remembered: 600 MB
VIEWS = 2  # of a truth: the background, and full frames


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
        device = default_device()
        self.backbone = backbone.to(device)
        self.heads = [head.to(device) for head in heads]
        self._true_features = RecentAnswers(self._stored_features, VIEWS)

    @torch.no_grad()
    def distances(self, frames: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """The distance of each frame from the true one.

        Features of the last few truths are remembered, since all systems are compared with them.

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
        stored = self._true_features(truth)
        values = []
        for number, start in enumerate(range(0, len(frames), FRAMES_AT_ONCE)):
            part = slice(start, start + FRAMES_AT_ONCE)
            true = self._features(truth[part]) if stored is None else stored[number]
            values.append(self._of_features(self._features(frames[part]), true))
        return torch.cat(values).cpu().numpy()

    def _features(self, frames: np.ndarray) -> list[Tensor]:
        """Of each tap, of unit length."""
        return [_unit(tap) for tap in self.backbone(_pictures(frames).to(default_device()))]

    @torch.no_grad()
    def _stored_features(self, truth: np.ndarray) -> list[list[Tensor]] | None:
        """Of each part of a clip; None where they would take too much memory."""
        parts, values = [], 0
        for start in range(0, len(truth), FRAMES_AT_ONCE):
            parts.append(self._features(truth[start : start + FRAMES_AT_ONCE]))
            values += sum(tap.numel() for tap in parts[-1])
            if values * len(truth) / min(len(truth), start + FRAMES_AT_ONCE) > MOST_STORED:
                return None
        return parts

    def _of_features(self, x: Sequence[Tensor], y: Sequence[Tensor]) -> Tensor:
        layers = zip(x, y, self.heads, strict=True)
        each = [((a - b) ** 2 * head[:, None, None]).sum(1).mean((1, 2)) for a, b, head in layers]
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
