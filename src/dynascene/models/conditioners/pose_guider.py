"""The person's body pose: drawn skeletons through a guider of their own.

Legend: B clips, F frames, K three colours times the pixels of a latent cell.
"""

from torch import Tensor, nn

from dynascene.imaging.skeleton_map import DIM, WIDTH
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize


def fold_width(size: ModelSize) -> int:
    """K: how many numbers of a drawn skeleton a latent cell has."""
    return 3 * size.latent_stride**2


def skeleton_gain(size: ModelSize, *, limb_gain: bool) -> float:
    """What drawn skeletons are multiplied by.

    With ``limb_gain`` limbs have about the value 1: in small frames they are thinner than a pixel,
    and dim. Without it skeletons stay as drawn, as networks of before the option were trained.
    """
    if not limb_gain:
        return 1.0
    thickness = 2 * WIDTH * min(size.resolution)
    return 1 / (DIM * min(1.0, thickness))


class PoseGuider(Conditioner):
    """Skeletons, all pixels of each latent cell, through convolutions to the input features.

    Unconditional value: zeros. The last layer starts at zero.

    limb_gain: as in ``skeleton_gain``.
    """

    reads = ("skeleton_folds",)

    def __init__(self, size: ModelSize, *, limb_gain: bool = False) -> None:
        super().__init__(size)
        width, self.gain = size.widths[0], skeleton_gain(size, limb_gain=limb_gain)
        self.first = nn.Conv2d(fold_width(size), width, 3, padding=1)
        self.last = nn.Conv2d(width, width, 3, padding=1, bias=False)
        nn.init.zeros_(self.last.weight)

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [self.last]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (folds,) = clip.require(self.reads, f"conditioner {self.name}")
        drawn = self.gain * folds.flatten(0, 1).to(self.dtype)
        features = nn.functional.silu(self.first(drawn))
        added = self.last(features).unflatten(0, folds.shape[:2])
        return Injection(added=added * ~drop[:, None, None, None, None])
