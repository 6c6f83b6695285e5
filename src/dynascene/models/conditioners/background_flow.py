"""The background's motion as flow, read off the person's poses: a reading of AnimateAnywhere.

Legend: B clips, F frames, h w latent grid, W width of the network.
"""

import torch
from torch import Tensor, nn

from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.pose_guider import fold_width, skeleton_gain
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize

FLOW = "background_flow.flow"
POOLED = (3, 4)  # cells that tell where in the frame the body is
WIDTH = 32
TERMS = 6  # 1, x, y, x², xy, y²: what turning and travelling before a wall do to a picture


class BackgroundFlow(Conditioner):
    """Skeletons of neighbouring frames → flow from frame to frame → the input features.

    The flow of a frame is a polynomial of second degree in its coordinates, so that it covers the
    whole frame however small the person is; the first frame's is 0. Unconditional value: zeros.

    limb_gain: as in ``skeleton_gain``.
    """

    reads = ("skeleton_folds",)
    probes = (FLOW,)

    def __init__(self, size: ModelSize, *, limb_gain: bool = False) -> None:
        super().__init__(size)
        self.gain = skeleton_gain(size, limb_gain=limb_gain)
        self.cells = nn.Conv2d(fold_width(size), WIDTH, 3, padding=1)
        self.sequence = nn.Conv1d(WIDTH * POOLED[0] * POOLED[1], 4 * WIDTH, 3, padding=1)
        self.coefficients = nn.Conv1d(4 * WIDTH, 2 * TERMS, 1)
        self.to_input = nn.Conv2d(2, size.widths[0], 1, bias=False)
        nn.init.zeros_(self.to_input.weight)

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [self.to_input]

    def flow(self, folds: Tensor) -> Tensor:
        """[B, F, 2, h, w] in shares of the frame, of skeletons [B, F, K, h, w]."""
        drawn = self.gain * folds.flatten(0, 1).to(self.dtype)
        cells = nn.functional.silu(self.cells(drawn))
        pooled = nn.functional.adaptive_avg_pool2d(cells, POOLED).flatten(1)
        sequence = pooled.unflatten(0, folds.shape[:2]).mT
        numbers = self.coefficients(nn.functional.silu(self.sequence(sequence))).mT
        basis = quadratic_basis(*folds.shape[-2:], like=numbers)
        flow = torch.einsum("bfct,thw->bfchw", numbers.unflatten(-1, (2, TERMS)), basis)
        return torch.cat([torch.zeros_like(flow[:, :1]), flow[:, 1:]], dim=1)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (folds,) = clip.require(self.reads, f"conditioner {self.name}")
        flow = self.flow(folds)
        added = self.to_input(flow.flatten(0, 1)).unflatten(0, flow.shape[:2])
        return Injection(added=added * ~drop[:, None, None, None, None], probes={FLOW: flow})


def quadratic_basis(height: int, width: int, like: Tensor) -> Tensor:
    """1, x, y, x², xy, y² over a grid, with x and y from −1 to 1 between its borders: [6, h, w]."""
    x, y = (
        (torch.arange(n, dtype=like.dtype, device=like.device) + 0.5) / n * 2 - 1
        for n in (width, height)
    )
    v, u = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([torch.ones_like(u), u, v, u * u, u * v, v * v])
