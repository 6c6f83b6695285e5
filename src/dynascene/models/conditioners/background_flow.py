"""The background's motion as flow, read off the person's poses: a reading of AnimateAnywhere.

Legend: B clips, F frames, h w latent grid, W width of the network.
"""

import torch
from torch import Tensor, nn

from dynascene.geometry.point_rendering import grid_places
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.place_code import PlaceCode, with_presence
from dynascene.models.conditioners.plucker_camera import input_convolution
from dynascene.models.conditioners.pose_guider import fold_width, skeleton_gain
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize

FLOW = "background_flow.flow"
POOLED = (3, 4)  # cells that tell where in the frame the body is
WIDTH = 32
TERMS = 6  # 1, x, y, x², xy, y²: what turning and travelling before a wall do to a picture
FARTHEST = 2.0  # −1 … 1 is the frame: beyond this the polynomial is not followed


class BackgroundFlow(Conditioner):
    """Skeletons of neighbouring frames → flow from frame to frame → the input features.

    The flow of a frame is a polynomial of second degree in its coordinates, so that it covers the
    whole frame however small the person is; the first frame's is 0. Unconditional value: zeros.

    limb_gain: as in ``skeleton_gain``.
    places: whether each cell is also told which place of the scene picture it shows, by the flows
        of all frames up to its own, in a code that the picture shares (``places`` there; ours).
        The first frame is taken for a view of the picture.
    """

    reads = ("skeleton_folds",)
    probes = (FLOW,)

    def __init__(self, size: ModelSize, *, limb_gain: bool = False, places: bool = False) -> None:
        super().__init__(size)
        self.gain = skeleton_gain(size, limb_gain=limb_gain)
        self.cells = nn.Conv2d(fold_width(size), WIDTH, 3, padding=1)
        self.sequence = nn.Conv1d(WIDTH * POOLED[0] * POOLED[1], 4 * WIDTH, 3, padding=1)
        self.coefficients = nn.Conv1d(4 * WIDTH, 2 * TERMS, 1)
        self.to_input = nn.Conv2d(2, size.widths[0], 1, bias=False)
        nn.init.zeros_(self.to_input.weight)
        width = size.widths[0]
        self.places = PlaceCode(width) if places else None
        self.place_convolution = input_convolution(width, width) if places else None
        self.needs_whole_clip = places

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [self.to_input, *([self.place_convolution] if self.place_convolution else [])]

    def flow(self, folds: Tensor) -> Tensor:
        """[B, F, 2, h, w] in shares of the frame, of skeletons [B, F, K, h, w]."""
        return self._polynomial(folds)[1]

    def _polynomial(self, folds: Tensor) -> tuple[Tensor, Tensor]:
        """The flow's coefficients [B, F, 2, TERMS], and the flow itself."""
        drawn = self.gain * folds.flatten(0, 1).to(self.dtype)
        cells = nn.functional.silu(self.cells(drawn))
        pooled = nn.functional.adaptive_avg_pool2d(cells, POOLED).flatten(1)
        sequence = pooled.unflatten(0, folds.shape[:2]).mT
        numbers = self.coefficients(nn.functional.silu(self.sequence(sequence))).mT
        numbers = numbers.unflatten(-1, (2, TERMS))
        basis = quadratic_basis(*folds.shape[-2:], like=numbers)
        flow = torch.einsum("bfct,thw->bfchw", numbers, basis)
        return numbers, torch.cat([torch.zeros_like(flow[:, :1]), flow[:, 1:]], dim=1)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (folds,) = clip.require(self.reads, f"conditioner {self.name}")
        numbers, flow = self._polynomial(folds)
        added = self.to_input(flow.flatten(0, 1))
        present = ~drop[:, None, None, None, None]
        if self.places is not None and self.place_convolution is not None:
            rows = with_presence(places_in_first(numbers.float(), *folds.shape[-2:])) * present
            added = added + self.place_convolution(self.places(rows).flatten(0, 1))
        added = added.unflatten(0, flow.shape[:2])
        return Injection(added=added * present, probes={FLOW: flow})


def places_in_first(coefficients: Tensor, height: int, width: int) -> Tensor:
    """Where in the first frame each cell of all frames comes from: [B, F, 2, h, w] in shares.

    Args:
        coefficients: [B, F, 2, TERMS] of the flow from the frame before; the first is not read.
        height, width: of the grid.
    """
    count = coefficients.shape[1]
    places = 2 * grid_places(height, width, like=coefficients) - 1
    places = places.expand(*coefficients.shape[:2], -1, -1, -1)
    for frame in range(count - 1, 0, -1):
        # x_{k−1} = x_k − flow_k(x_k), of frame k and of those that have come back to it
        later = places[:, frame:]
        basis = quadratic_terms(*later.clamp(-FARTHEST, FARTHEST).unbind(dim=2))
        # a product and a sum, which mixed precision leaves alone
        way = coefficients[:, frame, None, :, :, None, None] * basis.movedim(0, 2)[:, :, None]
        way = way.sum(dim=3)
        places = torch.cat([places[:, :frame], later - 2 * way], dim=1)
    return places / 2 + 0.5


def quadratic_basis(height: int, width: int, like: Tensor) -> Tensor:
    """1, x, y, x², xy, y² over a grid, with x and y from −1 to 1 between its borders: [6, h, w]."""
    return quadratic_terms(*(2 * grid_places(height, width, like=like) - 1))


def quadratic_terms(u: Tensor, v: Tensor) -> Tensor:
    """1, u, v, u², uv, v², stacked in front."""
    return torch.stack([torch.ones_like(u), u, v, u * u, u * v, v * v])
