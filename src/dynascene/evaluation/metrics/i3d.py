"""I3D (Carreira and Zisserman, 2017) on Kinetics-400: what FVD describes clips by.

The layout is that of the published PyTorch files. B clips, F frames, C channels, H W pixels.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.evaluation.metrics.clip_pictures import resized_frames

SIDE = 224
LEAST_FRAMES = 9  # of a clip: they are halved three times
CLASSES = 400
# channels of the branches of each block: 1×1 | 1×1, 3×3 | 1×1, 3×3 | 1×1 after pooling
BLOCKS = {
    "Mixed_3b": (192, (64, 96, 128, 16, 32, 32)),
    "Mixed_3c": (256, (128, 128, 192, 32, 96, 64)),
    "Mixed_4b": (480, (192, 96, 208, 16, 48, 64)),
    "Mixed_4c": (512, (160, 112, 224, 24, 64, 64)),
    "Mixed_4d": (512, (128, 128, 256, 24, 64, 64)),
    "Mixed_4e": (512, (112, 144, 288, 32, 64, 64)),
    "Mixed_4f": (528, (256, 160, 320, 32, 128, 128)),
    "Mixed_5b": (832, (256, 160, 320, 32, 128, 128)),
    "Mixed_5c": (832, (384, 192, 384, 48, 128, 128)),
}
BRANCHES = {
    "b0": "Branch_0/Conv3d_0a_1x1", "b1a": "Branch_1/Conv3d_0a_1x1",
    "b1b": "Branch_1/Conv3d_0b_3x3", "b2a": "Branch_2/Conv3d_0a_1x1",
    "b2b": "Branch_2/Conv3d_0b_3x3", "b3b": "Branch_3/Conv3d_0b_1x1",
}  # fmt: skip


class I3D(nn.Module):
    """Clips to the logits of 400 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit3D(3, 64, 7, stride=2)
        self.Conv3d_2b_1x1 = Unit3D(64, 64, 1)
        self.Conv3d_2c_3x3 = Unit3D(64, 192, 3)
        for name, (channels, widths) in BLOCKS.items():
            self.add_module(name, Inception3D(channels, widths))
        self.logits = Unit3D(1024, CLASSES, 1, plain=True)

    def forward(self, clips: Tensor) -> Tensor:
        """[B, 3, F, 224, 224] in −1 … 1, F ≥ 9 → the logits, mean over time, [B, 400]."""
        x = _pool(self.Conv3d_1a_7x7(clips), (1, 3, 3), (1, 2, 2))
        x = _pool(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)), (1, 3, 3), (1, 2, 2))
        for name in BLOCKS:
            if name == "Mixed_4b":
                x = _pool(x, (3, 3, 3), (2, 2, 2))
            if name == "Mixed_5b":
                x = _pool(x, (2, 2, 2), (2, 2, 2))
            x = self.get_submodule(name)(x)
        return self.logits(nnf.avg_pool3d(x, (2, 7, 7), stride=1)).mean((2, 3, 4))


class Unit3D(nn.Module):
    """Convolution, batch norm and ReLU; with ``plain`` the convolution and its bias alone."""

    def __init__(
        self, channels: int, width: int, kernel: int, stride: int = 1, plain: bool = False
    ) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(channels, width, kernel, stride=stride, bias=plain)
        self.bn = None if plain else nn.BatchNorm3d(width, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv3d(_padded(x, self.conv3d.kernel_size, self.conv3d.stride))
        return x if self.bn is None else self.bn(x).relu()


class Inception3D(nn.Module):
    """Four branches side by side; widths: channels of their six convolutions."""

    def __init__(self, channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.b0 = Unit3D(channels, widths[0], 1)
        self.b1a, self.b1b = Unit3D(channels, widths[1], 1), Unit3D(widths[1], widths[2], 3)
        self.b2a, self.b2b = Unit3D(channels, widths[3], 1), Unit3D(widths[3], widths[4], 3)
        self.b3b = Unit3D(channels, widths[5], 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.b3b(_pool(x, (3, 3, 3), (1, 1, 1)))
        return torch.cat([self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), pooled], 1)


def i3d_input(frames: np.ndarray) -> Tensor:
    """A whole clip, uint8 [F, H, W, 3] → [1, 3, F, 224, 224] in −1 … 1.

    Raises:
        InputError: fewer than 9 frames; the network halves their number three times.
    """
    if len(frames) < LEAST_FRAMES:
        raise InputError(f"FVD-I3D: clips need {LEAST_FRAMES} frames, these have {len(frames)}")
    return (resized_frames(frames, SIDE) / 127.5 - 1).transpose(0, 1)[None]


def state_from_flax(arrays: Mapping[str, np.ndarray], source: str) -> dict[str, Tensor]:
    """The weights of the TensorFlow Hub module as flax keeps them, in this layout.

    Args:
        arrays: as ``read_flax`` gives them.
        source: the file, for messages.

    Raises:
        InputError: an array has no place in the network.
    """
    state = {}
    for name, value in arrays.items():
        group, *path = name.split("/")
        path, kind = path[:-2], "/".join(path[-2:])
        leaf = _LEAVES.get((group, kind))
        if not path or leaf is None:
            raise InputError(f"{source}: {name} has no place in I3D")
        unit = path[0] if len(path) == 1 else f"{path[0]}.{_branch('/'.join(path[1:]))}"
        unit = "logits" if path[0] == "Logits" else unit
        tensor = torch.from_numpy(np.array(value))
        is_kernel = leaf.endswith("weight")
        channels_first = tensor.movedim((-1, -2), (0, 1)) if is_kernel else tensor.flatten()
        state[f"{unit}.{leaf}"] = channels_first
    for key in [key for key in state if key.endswith("bn.bias")]:  # they scale by 1
        state[key.replace("bias", "weight")] = torch.ones_like(state[key])
    return state


_LEAVES = {
    ("params", "Conv_0/kernel"): "conv3d.weight",
    ("params", "Conv_0/bias"): "conv3d.bias",
    ("params", "BatchNorm_0/bias"): "bn.bias",
    ("batch_stats", "BatchNorm_0/mean"): "bn.running_mean",
    ("batch_stats", "BatchNorm_0/var"): "bn.running_var",
}


def _branch(path: str) -> str:
    return next((short for short, long in BRANCHES.items() if long == path), path)


def _padded(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    """Zeros as TensorFlow's SAME adds them, the odd one behind."""
    padding: list[int] = []
    for size, k, s in zip(x.shape[2:], kernel, stride, strict=True):
        total = max(0, (-(-size // s) - 1) * s + k - size)
        padding = [total // 2, total - total // 2, *padding]
    return nnf.pad(x, padding)


def _pool(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    return nnf.max_pool3d(_padded(x, kernel, stride), kernel, stride)
