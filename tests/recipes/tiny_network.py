"""A network small enough for a test."""

from dynascene.models.sizes import ModelSize
from dynascene.types import Size

TINY = ModelSize(
    name="tiny",
    resolution=Size(64, 40),
    frames=4,
    widths=(8, 12),
    attention=(True, True),
    layers=1,
    heads=2,
    groups=4,
    reference_widths=(8, 8),
    camera_widths=(8, 8),
    token_width=16,
)
