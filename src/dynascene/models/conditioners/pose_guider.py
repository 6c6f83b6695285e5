"""The person's body pose: drawn skeletons through a guider of their own.

Legend: B clips, F frames, K three colours times the pixels of a latent cell.
"""

from torch import Tensor, nn

from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize


def fold_width(size: ModelSize) -> int:
    """K: how many numbers of a drawn skeleton a latent cell has."""
    return 3 * size.latent_stride**2


class PoseGuider(Conditioner):
    """Skeletons, all pixels of each latent cell, through convolutions to the input features.

    Unconditional value: zeros. The last layer starts at zero.
    """

    reads = ("skeleton_folds",)

    def __init__(self, size: ModelSize) -> None:
        super().__init__(size)
        width = size.widths[0]
        self.first = nn.Conv2d(fold_width(size), width, 3, padding=1)
        self.last = nn.Conv2d(width, width, 3, padding=1, bias=False)
        nn.init.zeros_(self.last.weight)

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [self.last]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (folds,) = clip.require(self.reads, f"conditioner {self.name}")
        features = nn.functional.silu(self.first(folds.flatten(0, 1).to(self.dtype)))
        added = self.last(features).unflatten(0, folds.shape[:2])
        return Injection(added=added * ~drop[:, None, None, None, None])
