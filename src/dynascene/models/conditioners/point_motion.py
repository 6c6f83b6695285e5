"""The background's motion by a few tracked points off the person: an encoder of their own.

Legend: B clips, F frames, N points, h w latent grid.
"""

from torch import Tensor, nn

from dynascene.geometry.point_rendering import from_first_frame, render_points, spread_places
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.place_code import PlaceCode
from dynascene.models.conditioners.plucker_camera import input_convolution
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

    places: whether each cell is also told which place of the scene picture it shows, by the points
        around it, in a code that references to the picture share (``places`` there; ours). This
        counts from the picture, so it holds in every clip of a long video.
    """

    reads = ("points",)

    def __init__(self, size: ModelSize, *, places: bool = False) -> None:
        super().__init__(size)
        self.stride, width = size.latent_stride, size.widths[0]
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.last = nn.Conv2d(width, width, 3, padding=1, bias=False)
        nn.init.zeros_(self.last.weight)
        self.places = PlaceCode(width) if places else None
        self.place_convolution = input_convolution(width, width) if places else None

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [self.last, *([self.place_convolution] if self.place_convolution else [])]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (points,) = clip.require(self.reads, f"conditioner {self.name}")
        width, height = (pixels // self.stride for pixels in clip.size)
        drawn = render_points(from_first_frame(points.float()), height, width)
        drawn = drawn * ~drop[:, None, None, None, None]
        drawn = drawn * drawn.new_tensor([1, LOUDER, LOUDER])[:, None, None]
        features = nn.functional.silu(self.first(drawn.flatten(0, 1).to(self.dtype)))
        added = self.last(features)
        if self.places is not None and self.place_convolution is not None:
            rows = spread_places(points.float(), height, width) * ~drop[:, None, None, None, None]
            added = added + self.place_convolution(self.places(rows).flatten(0, 1))
        return Injection(added=added.unflatten(0, points.shape[:2]))
