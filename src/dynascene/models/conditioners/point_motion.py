"""The background's motion by a few tracked points off the person: an encoder of their own.

Legend: B clips, F frames, N points, h w latent grid.
"""

from torch import Tensor, nn

from dynascene.geometry.point_rendering import from_first_frame, render_points
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize

LOUDER = 4.0  # points move by a quarter of the frame, say


class PointMotion(Conditioner):
    """Points drawn into the latent grid with their visibility, to the input features.

    How far they have moved counts from the first of the frames that the network sees at once, in
    training as in each clip of a long video.

    Unconditional value, and that of clips without points: zeros drawn. The last layer starts at
    zero.
    """

    reads = ("points",)

    def __init__(self, size: ModelSize) -> None:
        super().__init__(size)
        self.stride, width = size.latent_stride, size.widths[0]
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.last = nn.Conv2d(width, width, 3, padding=1, bias=False)
        nn.init.zeros_(self.last.weight)

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [self.last]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (points,) = clip.require(self.reads, f"conditioner {self.name}")
        width, height = (pixels // self.stride for pixels in clip.size)
        drawn = render_points(from_first_frame(points.float()), height, width)
        drawn = drawn * ~drop[:, None, None, None, None]
        drawn = drawn * drawn.new_tensor([1, LOUDER, LOUDER])[:, None, None]
        features = nn.functional.silu(self.first(drawn.flatten(0, 1).to(self.dtype)))
        return Injection(added=self.last(features).unflatten(0, points.shape[:2]))
