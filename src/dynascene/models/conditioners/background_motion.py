"""AnimateAnywhere's Background Motion Learner on cross-frame attention.

Legend: B clips, F frames, h w latent grid, n cells of the attention's grid, C channels.
"""

import math
from functools import partial
from typing import get_args

import torch
from torch import Tensor, nn

from dynascene.models.attention import Projection, attention_site
from dynascene.models.backbone import spatial_blocks
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.pose_guider import fold_width, skeleton_gain
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.readers.added_states import AddedStates
from dynascene.models.readers.cross_frame import CrossFrameReader, QueryKeyReader
from dynascene.models.readers.low_rank import LowRankReader
from dynascene.models.sizes import ModelSize

MIDDLE = "mid_block"
NAME = "background_motion"
ATTENTION, QUERIES_AND_KEYS = f"{NAME}.attention", f"{NAME}.queries_and_keys"
PROJECTIONS: tuple[Projection, ...] = get_args(Projection)


class LayersByNumber(nn.ModuleList):
    """Layers that are called in any order.

    Offloading by blocks takes the parts of a plain list to run one after the other, once each; an
    attention layer projects the tokens of a reference once more.
    """

    def forward(self, number: int, states: Tensor) -> Tensor:
        return self[number](states)


class BackgroundMotion(Conditioner):
    """h_out = T(h + h_pose) + B(h + h_pose) in the U-Net's middle block.

    T is its self-attention over the tokens of all frames, B a low-rank branch beside each of its
    projections, and h_pose what the sequence of skeletons says: so the body's motion may tell how
    the background moves. The middle block has the coarsest grid (1/64 of the frame at ``sd15``),
    where attention across frames is small. Unconditional value: h_pose = 0.

    gate: where the gates of T across frames and of B start: 0 is silent, 1 is the formula.
    rank: of B.
    limb_gain: as in ``skeleton_gain``.
    """

    reads = ("skeleton_folds",)

    def __init__(
        self, size: ModelSize, gate: float = 0.0, rank: int = 4, *, limb_gain: bool = False
    ) -> None:
        super().__init__(size)
        self.rank, self.levels = rank, len(size.widths)
        self.gain = skeleton_gain(size, limb_gain=limb_gain)
        width = size.widths[-1]
        self.encoder = nn.Conv3d(fold_width(size), width, 3, padding=1)
        self.to_states = nn.Linear(width, width)
        nn.init.zeros_(self.to_states.weight)
        nn.init.zeros_(self.to_states.bias)
        self.gates = nn.Parameter(torch.full((1 + len(PROJECTIONS),), gate))
        self.down, self.up = LayersByNumber(), LayersByNumber()

    def attach(self, unet: nn.Module) -> None:
        """Readers in the self-attention of the middle block."""
        (block,) = (b for name, b in spatial_blocks(unet) if name.startswith(MIDDLE))
        width, site = block.attn1.query_dim, attention_site(block.attn1)
        site.add(AddedStates(self.name, 0))
        site.add(CrossFrameReader(self.name, 0, ATTENTION))
        site.add(QueryKeyReader(QUERIES_AND_KEYS))
        for number, projection in enumerate(PROJECTIONS):
            self.down.append(nn.Linear(width, self.rank, bias=False))
            self.up.append(nn.Linear(self.rank, width, bias=False))
            branch = partial(self.down, number), partial(self.up, number)
            site.add(LowRankReader(projection, *branch, self.name, 1 + number))

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [self.to_states]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (folds,) = clip.require(self.reads, f"conditioner {self.name}")
        drawn = self.gain * folds.transpose(1, 2).to(self.dtype)
        features = nn.functional.silu(self.encoder(drawn))
        frames = features.transpose(1, 2)
        height, across = (math.ceil(n / 2 ** (self.levels - 1)) for n in folds.shape[-2:])
        cells = nn.functional.adaptive_avg_pool2d(frames.flatten(0, 1), (height, across))
        states = self.to_states(cells.flatten(2).mT).unflatten(0, folds.shape[:2])
        states = states * ~drop[:, None, None, None]
        return Injection(states={self.name: (states,)}, gates=self.reader_gates())
